"""Chatwoot's account webhooks: messages of a conversation, and its being resolved."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from services.contracts.base import Role
from services.gateway.messaging.platform import (
    MAX_AGE_S,
    Closed,
    Message,
    Platform,
    identifier,
    part,
)
from services.kit.errors import Unauthenticated
from services.records.integrations import Integration

_EMAIL = "Channel::Email"


def _key(body: Mapping[str, object]) -> str | None:
    return identifier(part(body, "account", "id"))


def _check(headers: Mapping[str, str], raw: bytes, integration: Integration, now: datetime) -> None:
    stamp, given = headers.get("x-chatwoot-timestamp", ""), headers.get("x-chatwoot-signature", "")
    try:
        age = abs(now.timestamp() - float(stamp))
    except ValueError:
        raise Unauthenticated("Send X-Chatwoot-Timestamp in seconds.") from None
    if not age <= MAX_AGE_S:
        raise Unauthenticated("The webhook is too old, or the clocks differ.")
    for secret in integration.secrets.values():
        wanted = hmac.new(secret.encode(), stamp.encode() + b"." + raw, "sha256").hexdigest()
        if hmac.compare_digest(f"sha256={wanted}".encode(), given.encode()):
            return
    raise Unauthenticated("X-Chatwoot-Signature is wrong.")


def _read(body: Mapping[str, object]) -> Sequence[Message | Closed]:
    event = body.get("event")
    if event == "conversation_status_changed" and body.get("status") == "resolved":
        thread = _thread(body, body.get("id"))
        return [Closed(thread)] if thread else []
    if event != "message_created" or body.get("private"):
        return []
    role, text = _role(body), body.get("content")
    thread = _thread(body, part(body, "conversation", "id"))
    name = identifier(body.get("id"))
    if role is None or thread is None or name is None or not isinstance(text, str):
        return []
    if not text.strip():
        return []  # an attachment alone
    contact = part(body, "conversation", "meta", "sender") or body.get("sender")
    if role != "customer" and contact is body.get("sender"):
        contact = None
    customer = identifier(part(contact, "identifier"), identifier(_prefixed(part(contact, "id"))))
    assignee = part(body, "conversation", "meta", "assignee", "id")
    return [
        Message(
            thread,
            f"chatwoot.{name}",
            role,
            text,
            _time(body.get("created_at")),
            customer,
            identifier(assignee),
            "email" if part(body, "conversation", "channel") == _EMAIL else "chat",
        )
    ]


def _role(body: Mapping[str, object]) -> Role | None:
    kind = body.get("message_type")
    if kind == "incoming":
        return "customer"
    if kind != "outgoing":
        return None  # activity and template: the platform itself speaks
    return "bot" if part(body, "sender", "type") == "agent_bot" else "adviser"


def _thread(body: Mapping[str, object], conversation: object) -> str | None:
    account = part(body, "account", "id")
    if account is None or conversation is None:
        return None
    return identifier(f"chatwoot.{account}.{conversation}")


def _prefixed(contact: object) -> str | None:
    return None if contact is None else f"chatwoot.{contact}"


def _time(value: object) -> datetime | None:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value.removesuffix(" UTC"))
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


CHATWOOT = Platform("chatwoot", _key, _check, _read)
