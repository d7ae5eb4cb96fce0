"""What is wrong with a playbook: every place, with its line and what to do there."""

from dataclasses import dataclass
from typing import Any, ClassVar

from services.kit.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to correct: dotted ``path``, ``line`` from 1, what is wrong, what to do."""

    path: str
    line: int | None
    detail: str
    fix: str

    def told(self) -> dict[str, Any]:
        """Return it as it stands in a problem document."""
        return {"path": self.path, "line": self.line, "detail": self.detail, "fix": self.fix}


@dataclass
class InvalidPlaybook(InvalidInput):
    """A playbook that cannot be used; ``errors`` has every fault that was found."""

    errors: tuple[Fault, ...] = ()

    code: ClassVar[str] = "invalid_playbook"

    def problem(self) -> dict[str, Any]:
        """Return the RFC 9457 problem document, with ``errors`` line by line."""
        return super().problem() | {"errors": [fault.told() for fault in self.errors]}


def invalid(*faults: Fault) -> InvalidPlaybook:
    """Return the error for ``faults``, the first of which becomes its detail."""
    first = faults[0]
    where = f"line {first.line}: " if first.line else ""
    more = f" ({len(faults)} faults; `errors` lists them)" if len(faults) > 1 else ""
    return InvalidPlaybook(
        f"{where}{first.detail} {first.fix}{more}", field=first.path or None, errors=faults
    )
