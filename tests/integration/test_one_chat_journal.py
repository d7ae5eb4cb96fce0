"""The same chat through any written channel is the same journal."""

import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from services.contracts.base import Role
from services.kit.sealing import sealer
from services.records.integrations import Integration, IntegrationKind, Integrations
from tests.fakes.gateway_server import Running, hear, running_gateway, tell

SECRET = "a secret"
TURNS: tuple[tuple[Role, str], ...] = (
    ("bot", "Bonjour, quel est votre numéro de commande ?"),
    ("customer", "Le 472190. Mon colis n'est pas arrivé."),
    ("adviser", "Je regarde où il en est."),
)
GOLDEN: list[dict[str, Any]] = [
    {"type": "conversation.started", "data": {}},
    *({"type": "turn.final", "data": {"role": role, "text": text}} for role, text in TURNS),
    {"type": "conversation.ended", "data": {"reason": "completed"}},
]


def canonical(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a journal without ids, times and the name of the channel."""
    kept = ("role", "text", "reason")
    return [
        {
            "type": event["type"],
            "data": {name: event["data"][name] for name in kept if name in event["data"]},
        }
        for event in events
    ]


async def _integrate(gateway: Running, kind: IntegrationKind, key: str) -> None:
    records = Integrations(gateway.journal.redis, sealer(gateway.settings))
    stored = Integration(tenant="acme", id=kind, kind=kind, key=key, secrets={"secret": SECRET})
    await records.put(stored)


async def _end(gateway: Running, name: str) -> None:
    answer = await gateway.http.post(
        f"/v1/conversations/{name}/end", headers=gateway.auth("ingest")
    )
    assert answer.status_code == 200, answer.text


async def tell_socket(gateway: Running) -> str:
    async with gateway.socket("/v1/ingest/chat", "ingest") as chat:
        await tell(chat, type="start", conversation_id="c1")
        await hear(chat)
        for role, text in TURNS:
            await tell(chat, type="turn", role=role, text=text)
            await hear(chat)
        await tell(chat, type="end")
        await hear(chat)
    return "c1"


async def tell_rest(gateway: Running) -> str:
    name = await gateway.create()
    for role, text in TURNS:
        await gateway.say(name, text, role=role)
    await _end(gateway, name)
    return name


async def tell_chatwoot(gateway: Running) -> str:
    await _integrate(gateway, "chatwoot", "7")
    senders = {"bot": "agent_bot", "customer": "contact", "adviser": "user"}
    bodies: list[dict[str, Any]] = [
        {
            "event": "message_created",
            "id": number,
            "content": text,
            "message_type": "incoming" if role == "customer" else "outgoing",
            "private": False,
            "created_at": "2026-11-22 09:00:00 UTC",
            "sender": {"id": 31, "type": senders[role]},
            "conversation": {"id": 1, "channel": "Channel::WebWidget"},
        }
        for number, (role, text) in enumerate(TURNS)
    ]
    bodies.append({"event": "conversation_status_changed", "id": 1, "status": "resolved"})
    for body in bodies:
        raw = json.dumps(body | {"account": {"id": 7}}).encode()
        stamp = str(int(time.time()))
        mac = hmac.new(SECRET.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
        headers = {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={mac}"}
        headers["Content-Type"] = "application/json"
        answer = await gateway.http.post("/v1/ingest/chatwoot", content=raw, headers=headers)
        assert answer.status_code == 200, answer.text
    return "chatwoot.7.1"


async def tell_sunshine(gateway: Running) -> str:
    await _integrate(gateway, "sunshine", "app1")
    authors: dict[str, dict[str, Any]] = {
        "bot": {"type": "business", "subtypes": ["AI"]},
        "customer": {"type": "user", "userId": "u1"},
        "adviser": {"type": "business"},
    }
    events = [
        {
            "id": f"e{number}",
            "type": "conversation:message",
            "createdAt": "2026-11-22T09:00:00.000Z",
            "payload": {
                "conversation": {"id": "c9"},
                "message": {
                    "id": f"m{number}",
                    "author": authors[role],
                    "content": {"type": "text", "text": text},
                },
            },
        }
        for number, (role, text) in enumerate(TURNS)
    ]
    answer = await gateway.http.post(
        "/v1/ingest/sunshine",
        json={"app": {"id": "app1"}, "events": events},
        headers={"X-API-Key": SECRET},
    )
    assert answer.status_code == 200, answer.text
    await _end(gateway, "sunshine.c9")
    return "sunshine.c9"


@pytest.mark.parametrize("channel", [tell_socket, tell_rest, tell_chatwoot, tell_sunshine])
async def test_the_same_chat_is_the_same_journal(
    channel: Callable[[Running], Awaitable[str]], tmp_path: Path
) -> None:
    async with running_gateway(tmp_path) as gateway:
        name = await channel(gateway)
        answer = await gateway.http.get(
            f"/v1/conversations/{name}/events", headers=gateway.auth("crm")
        )
    assert canonical(answer.json()["items"]) == GOLDEN
