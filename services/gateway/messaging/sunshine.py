"""Zendesk's Sunshine Conversations: the messages of its v2 webhooks."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from services.contracts.base import Role
from services.gateway.messaging.platform import Closed, Message, Platform, identifier, part
from services.kit.errors import Unauthenticated
from services.records.integrations import Integration


def _key(body: Mapping[str, object]) -> str | None:
    return identifier(part(body, "app", "id"))


def _check(headers: Mapping[str, str], raw: bytes, integration: Integration, now: datetime) -> None:
    del raw, now  # a shared secret, not a signature
    given = headers.get("x-api-key", "").encode()
    if not any(
        hmac.compare_digest(secret.encode(), given) for secret in integration.secrets.values()
    ):
        raise Unauthenticated("X-API-Key is not this webhook's secret.")


def _read(body: Mapping[str, object]) -> Sequence[Message | Closed]:
    events = body.get("events")
    if not isinstance(events, list):
        return []
    return list(_messages(events))


def _messages(events: list[object]) -> Iterator[Message]:
    for event in events:
        message = part(event, "payload", "message")
        text = part(message, "content", "text")
        thread = identifier(f"sunshine.{part(event, 'payload', 'conversation', 'id')}")
        name, role = identifier(part(message, "id")), _role(message)
        if part(event, "type") != "conversation:message" or not isinstance(text, str):
            continue
        if thread is None or name is None or role is None or not text.strip():
            continue
        author = part(message, "author")
        customer = identifier(
            part(author, "user", "externalId"), identifier(part(author, "userId"))
        )
        yield Message(
            thread,
            f"sunshine.{name}",
            role,
            text,
            _time(part(message, "received")),
            customer if role == "customer" else None,
            channel="messaging",
        )


def _role(message: object) -> Role | None:
    match part(message, "author", "type"):
        case "user":
            return "customer"
        case "business":
            subtypes = part(message, "author", "subtypes")
            automatic = isinstance(subtypes, list) and "AI" in subtypes
            answer_bot = part(message, "source", "type") == "zd:answerBot"
            return "bot" if automatic or answer_bot else "adviser"
    return None


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None


SUNSHINE = Platform("sunshine", _key, _check, _read)
