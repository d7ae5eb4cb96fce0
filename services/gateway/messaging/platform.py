"""What every messaging platform's reader has in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from services.contracts.base import Identifier, Role
from services.records.integrations import Integration, IntegrationKind

MAX_AGE_S = 300.0
"""A signed webhook older than this is refused: somebody sends it again."""


@dataclass(frozen=True)
class Message:
    """Something written. ``thread`` names the platform's conversation, ``id`` the message."""

    thread: str
    id: str
    role: Role
    text: str
    at: datetime | None = None
    customer_id: str | None = None
    adviser_id: str | None = None
    channel: Literal["chat", "email", "messaging"] = "chat"


@dataclass(frozen=True)
class Closed:
    """The platform's conversation is resolved."""

    thread: str


@dataclass(frozen=True)
class Platform:
    """A platform.

    Attributes:
        kind: of its integrations, and the end of its path.
        key: from a parsed body to what the integration is found by; ``None`` when it is not there.
        check: raises ``Unauthenticated`` unless headers, raw body and integration fit, at a time.
        read: from a parsed body to what happened; what does not concern us gives nothing.
    """

    kind: IntegrationKind
    key: Callable[[Mapping[str, object]], str | None]
    check: Callable[[Mapping[str, str], bytes, Integration, datetime], None]
    read: Callable[[Mapping[str, object]], Sequence[Message | Closed]]


_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


def identifier(value: object, otherwise: str | None = None) -> str | None:
    """Return ``value`` when it can be an id of ours, else ``otherwise``."""
    if value is None or value == "":
        return otherwise
    try:
        return _IDENTIFIER.validate_python(str(value))
    except ValidationError:
        return otherwise


def part(body: object, *path: str) -> object:
    """Return what lies at ``path`` in a parsed body, ``None`` when there is nothing."""
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body
