"""Records that the CRM pushes over REST: they arrive as ``context.updated``."""

from typing import ClassVar

from services.contracts.customer import Customer
from services.contracts.events import Event


class PushedRecords:
    """The gateway stores what ``PUT /v1/customers/{id}`` brings and tells each conversation."""

    name: ClassVar[str] = "pushed"

    def customer(self, event: Event) -> Customer | None:
        return event.data.customer if event.type == "context.updated" else None
