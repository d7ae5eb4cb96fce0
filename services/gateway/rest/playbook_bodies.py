"""Bodies and answers of ``/v1/playbook``."""

from typing import Annotated, Any

from pydantic import Field

from services.contracts.base import Contract, Timestamp
from services.contracts.playbook import Playbook
from services.playbooks import Warned
from services.records.playbooks import Confusion, Note, PlaybookVersion

MOST_WARNINGS = 200
"""Told at once."""


class PlaybookWarning(Contract):
    """Something allowed that is unlikely to work as meant; ``fix`` says what to do."""

    code: str
    path: str
    line: int | None = None
    detail: str
    fix: str

    @classmethod
    def of(cls, warned: Warned) -> "PlaybookWarning":
        """Return a warning as it is told."""
        return cls(code=warned.code, **warned.fault.told())


class PlaybookReport(Contract):
    """What became of a playbook that was sent.

    ``version`` is the one in force now, ``null`` after a dry run; ``changed`` is false when the
    same text was in force already. At most 200 of ``warning_count`` warnings are told.
    """

    version: PlaybookVersion | None = None
    changed: bool
    dry_run: bool = False
    intents: int
    actions: int
    cues: int
    warning_count: int
    warnings: tuple[PlaybookWarning, ...] = ()


class PlaybookVersionPage(Contract):
    """Versions kept, newest first; ``active`` is the one in force, 0 for the built-in playbook."""

    active: int
    items: tuple[PlaybookVersion, ...]
    next: str | None = None


class PlaybookRollback(Contract):
    """Body of ``POST /v1/playbook/rollback``."""

    version: Annotated[int, Field(ge=1, le=2**53)]
    note: Note | None = None


class PlaybookServed(Contract):
    """What one assistant serves: ``version`` is ``null`` until this tenant needs it.

    ``failed`` is a version that it could not load, and ``reason`` why; it then goes on with the one
    before.
    """

    assistant: str
    version: int | None = None
    since: Timestamp | None = None
    failed: int | None = None
    reason: str | None = None


class PlaybookStatus(Contract):
    """Whether what is in force is what is served; ``active`` is 0 for the built-in playbook.

    ``ready`` says that every assistant that has served this tenant serves the active version.
    ``confusions``: intents of whose examples the model takes three in ten or more for another's,
    known some seconds after the version is served.
    """

    active: int
    changed_at: Timestamp | None = None
    ready: bool
    assistants: tuple[PlaybookServed, ...] = ()
    confusions: tuple[Confusion, ...] = ()


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema without references, for a document that has other definitions."""
    definitions = schema.get("$defs", {})

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            more = {key: value for key, value in node.items() if key != "$ref"}
            return resolved(definitions[name]) | resolved(more)
        return {key: resolved(value) for key, value in node.items() if key != "$defs"}

    found: dict[str, Any] = resolved(schema)
    return found


PLAYBOOK_SCHEMA = inlined(Playbook.model_json_schema())
