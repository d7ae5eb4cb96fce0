"""Messaging platforms against a running gateway: signatures, what is ignored, and dedupe."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from services.kit.sealing import sealer
from services.records.integrations import Integration, Integrations
from tests.fakes.gateway_server import Running, running_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "chatwoot-secret"
PREVIOUS = "the one before"
API_KEY = "sunshine-secret"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path_factory.mktemp("gateway")) as running:
        records = Integrations(running.journal.redis, sealer(running.settings))
        chatwoot = {"secret": SECRET, "previous": PREVIOUS}
        for integration in (
            Integration(tenant="acme", id="cw", kind="chatwoot", key="7", secrets=chatwoot),
            Integration(
                tenant="acme", id="zd", kind="sunshine", key="app1", secrets={"secret": API_KEY}
            ),
        ):
            await records.put(integration)
        yield running


def _message(conversation: int, id_: int, **change: Any) -> dict[str, Any]:
    sender = {"id": 31, "identifier": "K-31", "type": "contact"}
    return {
        "event": "message_created",
        "id": id_,
        "content": "Mon colis n'est pas arrivé",
        "message_type": "incoming",
        "private": False,
        "created_at": "2026-11-22 09:00:00 UTC",
        "sender": sender,
        "conversation": {
            "id": conversation,
            "channel": "Channel::WebWidget",
            "meta": {"sender": sender, "assignee": {"id": 5}},
        },
        "account": {"id": 7, "name": "Acme"},
    } | change


async def _post(
    gateway: Running, body: dict[str, Any] | bytes, secret: str = SECRET, age_s: float = 0
) -> httpx2.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(time.time() - age_s))
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {
        "X-Chatwoot-Timestamp": stamp,
        "X-Chatwoot-Signature": f"sha256={mac}",
        "Content-Type": "application/json",
    }
    return await gateway.http.post("/v1/ingest/chatwoot", content=raw, headers=headers)


async def _turns(gateway: Running, name: str) -> list[tuple[str, str]]:
    answer = await gateway.http.get(f"/v1/conversations/{name}/events", headers=gateway.auth("crm"))
    events = answer.json().get("items", [])
    turns = [event["data"] for event in events if event["type"] == "turn.final"]
    return [(turn["role"], turn["text"]) for turn in turns]


async def test_a_chatwoot_conversation_with_its_bot_is_written_down(gateway: Running) -> None:
    bot = {"id": 9, "type": "agent_bot"}
    adviser = {"id": 5, "type": "user"}
    for body in (
        _message(1, 101),
        _message(1, 102, message_type="outgoing", content="Votre numéro ?", sender=bot),
        _message(1, 103, message_type="outgoing", content="Je regarde.", sender=adviser),
        _message(1, 103, message_type="outgoing", content="Je regarde.", sender=adviser),
        _message(1, 104, private=True, content="note interne"),
        _message(1, 105, message_type="activity", content="Paul a rejoint"),
        _message(1, 106, message_type="template", content="Notez-nous"),
        _message(1, 107, content=None),
        {"event": "conversation_updated", "id": 1, "account": {"id": 7}},
    ):
        answer = await _post(gateway, body)
        assert answer.status_code == 200, answer.text
    assert await _turns(gateway, "chatwoot.7.1") == [
        ("customer", "Mon colis n'est pas arrivé"),
        ("bot", "Votre numéro ?"),
        ("adviser", "Je regarde."),
    ]
    answer = await gateway.http.get("/v1/conversations/chatwoot.7.1", headers=gateway.auth("crm"))
    assert (answer.json()["customer_id"], answer.json()["adviser_id"]) == ("K-31", "5")


async def test_a_resolved_conversation_ends_and_a_new_message_begins_another(
    gateway: Running,
) -> None:
    await _post(gateway, _message(2, 201))
    resolved = {
        "event": "conversation_status_changed",
        "id": 2,
        "status": "resolved",
        "account": {"id": 7},
    }
    assert (await _post(gateway, resolved)).status_code == 200
    assert (await _post(gateway, resolved)).status_code == 200
    again = await _post(gateway, _message(2, 201))
    assert again.json() == {"turns": 0}
    await _post(gateway, _message(2, 202, content="C'est encore moi"))
    assert await _turns(gateway, "chatwoot.7.2") == [("customer", "Mon colis n'est pas arrivé")]
    assert await _turns(gateway, "chatwoot.7.2+2") == [("customer", "C'est encore moi")]


async def test_an_email_is_one_long_turn(gateway: Running) -> None:
    mail = _message(3, 301, content="Bonjour,\n" + "très longue histoire. " * 200)
    mail["conversation"]["channel"] = "Channel::Email"
    await _post(gateway, mail)
    answer = await gateway.http.get("/v1/conversations/chatwoot.7.3", headers=gateway.auth("crm"))
    assert answer.json()["channel"] == "email"
    [(role, text)] = await _turns(gateway, "chatwoot.7.3")
    assert (role, len(text)) == ("customer", 4408)


async def test_nothing_of_an_email_longer_than_a_turn_is_lost(gateway: Running) -> None:
    words = [f"mot{number}" for number in range(3_000)]
    for _ in range(2):
        await _post(gateway, _message(6, 601, content=" ".join(words)))
    turns = await _turns(gateway, "chatwoot.7.6")
    assert [len(text) <= 8_000 for _, text in turns] == [True] * 3
    assert " ".join(text for _, text in turns).split() == words


async def test_the_secret_may_rotate_and_nothing_else_gets_in(gateway: Running) -> None:
    assert (await _post(gateway, _message(4, 401), secret=PREVIOUS)).status_code == 200
    for answer in (
        await _post(gateway, _message(5, 501), secret="wrong"),
        await _post(gateway, _message(5, 501), age_s=3_600),
        await _post(gateway, _message(5, 501, account={"id": 8})),
        await gateway.http.post("/v1/ingest/chatwoot", json=_message(5, 501)),
    ):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await _post(gateway, b"[]")).status_code == 400
    assert (await _post(gateway, b"{nonsense")).status_code == 400
    answer = await gateway.http.get("/v1/conversations/chatwoot.7.5", headers=gateway.auth("crm"))
    assert answer.status_code == 404


async def test_sunshine_messages_are_taken_with_their_shared_secret(gateway: Running) -> None:
    def event(id_: str, author: dict[str, Any], text: str | None) -> dict[str, Any]:
        content = {"type": "text", "text": text} if text else {"type": "image"}
        message = {"id": id_, "received": "2026-11-22T09:00:00.000Z", "content": content}
        payload = {"conversation": {"id": "c9"}, "message": message | {"author": author}}
        return {"id": f"e{id_}", "type": "conversation:message", "payload": payload}

    user = {"type": "user", "userId": "u1", "user": {"externalId": "K-77"}}
    body = {
        "app": {"id": "app1"},
        "webhook": {"id": "w", "version": "v2"},
        "events": [
            event("m1", user, "Bonjour, je veux résilier"),
            event("m2", {"type": "business", "subtypes": ["AI"]}, "Je vous passe quelqu'un"),
            event("m3", {"type": "business"}, "Bonjour, Léa à votre écoute"),
            event("m4", user, None),
            {"id": "x", "type": "conversation:read", "payload": {}},
        ],
    }
    for _ in range(2):
        answer = await gateway.http.post(
            "/v1/ingest/sunshine", json=body, headers={"X-API-Key": API_KEY}
        )
        assert (answer.status_code, answer.json()) == (200, {"turns": 3})
    assert [role for role, _ in await _turns(gateway, "sunshine.c9")] == [
        "customer",
        "bot",
        "adviser",
    ]
    refused = await gateway.http.post("/v1/ingest/sunshine", json=body)
    assert refused.status_code == 401


@pytest.mark.parametrize("kind", ["chatwoot", "sunshine"])
async def test_strange_shapes_do_no_harm(gateway: Running, kind: str) -> None:
    shapes: list[Any] = [
        {"events": None},
        {"events": [1, {"payload": []}, {"type": "conversation:message"}]},
        {"event": "message_created", "conversation": 3, "sender": "x"},
        {"event": "message_created", "id": {"a": 1}, "content": "x", "message_type": "incoming"},
        {"event": "conversation_status_changed", "status": "resolved", "id": "no such"},
    ]
    for shape in shapes:
        body = {"account": {"id": 7}, "app": {"id": "app1"}} | shape
        if kind == "chatwoot":
            answer = await _post(gateway, body)
        else:
            answer = await gateway.http.post(
                "/v1/ingest/sunshine", json=body, headers={"X-API-Key": API_KEY}
            )
        assert (answer.status_code, answer.json()) == (200, {"turns": 0})
