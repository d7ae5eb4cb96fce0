"""Where customer records come from: the port that an integration fills."""

from typing import ClassVar, Protocol

from services.contracts.customer import Customer
from services.contracts.events import Event


class CustomerSource(Protocol):
    """Reads a customer's record out of what arrives; a source keeps no state of its own."""

    name: ClassVar[str]

    def customer(self, event: Event) -> Customer | None:
        """Return the whole record as of ``event``, ``None`` when the event brings none."""
