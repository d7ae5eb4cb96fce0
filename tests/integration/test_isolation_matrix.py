"""Role x tenant x route x channel: what each route lets in, called on the real thing.

The routes come from the application. A new one fails here until the table says who it is for, what
its owner would send and, for sockets and signed webhooks, how another tenant might try to abuse it.
"""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends
from redis.asyncio import Redis
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.contracts.conversation import ConversationEnded
from services.gateway.auth import Requires
from services.gateway.channels import CHANNELS
from services.kit.errors import NotFound
from services.kit.tokens import Principal
from tests.fakes.audiohook_client import SECRET as HOOK_SECRET
from tests.fakes.audiohook_client import AudioHookClient, signed_headers
from tests.fakes.eventually import eventually
from tests.fakes.gateway_server import BUILT_IN_TEXT, Running, hear, running_gateway
from tests.fakes.redis_server import redis_server
from tests.fakes.route_matrix import CANARY, INTRUDER, OPEN, OWNER, SIGNED, Intrude, Row, Walk

ACCOUNT = "AC" + "0" * 32
TYPES = ["conversation.transferred"]
READERS, EVERYBODY = "adviser crm", "adviser crm ingest ops"
NDJSON = "application/x-ndjson"


def _target(channel: str) -> str:
    """Return the owner's conversation that an intruder on this channel is after."""
    return f"target-{channel}"


def _start(channel: str, *frames: dict[str, Any], query: str = "", **options: Any) -> Intrude:
    """Open a channel as the intruder and name the owner's conversation in its own way."""
    (path,) = (entry.path for entry in CHANNELS if entry.name == channel)
    path = path.format(key=f"{INTRUDER}-twilio") + query

    async def intrude(gateway: Running) -> None:
        async with gateway.socket(path, "ingest", INTRUDER, **options) as socket:
            for frame in frames:
                await socket.send(json.dumps(frame))
            await _own(gateway, _target(channel))

    return intrude


async def _own(gateway: Running, id_: str) -> None:
    """Wait until the intruder has a conversation of its own of that name, and look at it."""
    auth = gateway.auth("admin", INTRUDER)

    async def there() -> bool:
        found = await gateway.http.get(f"/v1/conversations/{id_}", headers=auth)
        return found.status_code == 200

    try:
        await eventually(there, within=5.0)
    except TimeoutError:
        raise AssertionError("did not get as far as opening a conversation") from None
    turns = await gateway.http.get(f"/v1/conversations/{id_}/turns", headers=auth)
    assert CANARY not in turns.text, "hears what was said"
    async with gateway.adviser(id_, headers=auth) as panel:
        assert CANARY not in json.dumps(await hear(panel)), "sees the screen"


async def _adviser(gateway: Running) -> None:
    """Follow the owner's conversation, with a token and with a ticket."""
    headers = gateway.auth("adviser", INTRUDER)
    ticket = (await gateway.http.post("/v1/tickets", headers=headers)).json()["ticket"]
    offered = ["souffleur.v1", f"ticket.{ticket}"]
    for options in (
        {"headers": headers},
        {"headers": {"Authorization": ""}, "subprotocols": offered},
    ):
        status = await _status(gateway.adviser(_target("panel"), **options))
        assert status == 404, f"gets {status}"
    asked = await gateway.http.post(
        "/v1/tickets", json={"conversation_id": _target("panel")}, headers=headers
    )
    assert asked.status_code == 404, "gets a ticket"
    async with gateway.adviser(None, headers=headers) as lobby:
        assert _target("panel") not in json.dumps(await hear(lobby)), "sees the list"


async def _audiohook(gateway: Running) -> None:
    """With its own key it opens its own; with the owner's key it gets nowhere."""
    await _knows_only_its_own_secret(
        gateway,
        "/v1/ingest/audiohook",
        signed_headers(gateway.port, key=f"{OWNER}-hook", secret=WRONG),
    )
    headers = signed_headers(gateway.port, key=f"{INTRUDER}-hook")
    async with gateway.socket("/v1/ingest/audiohook", "ops", headers=headers | NOBODY) as socket:
        session = AudioHookClient(socket, headers["Audiohook-Session-Id"])
        await session.open(_target("audiohook"))
        await _own(gateway, _target("audiohook"))


async def _twilio(gateway: Running) -> None:
    signature = {"X-Twilio-Signature": "bm9uc2Vuc2U="}
    await _knows_only_its_own_secret(gateway, f"/v1/ingest/twilio/{OWNER}-twilio", signature)
    await _start(
        "twilio",
        {"event": "connected", "protocol": "Call", "version": "1.0.0"},
        {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": "MZ1",
            "start": {
                "accountSid": ACCOUNT,
                "streamSid": "MZ1",
                "callSid": "CA1",
                "tracks": ["inbound", "outbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"conversation_id": _target("twilio")},
            },
        },
    )(gateway)


async def _knows_only_its_own_secret(gateway: Running, path: str, headers: dict[str, str]) -> None:
    status = await _status(gateway.socket(path, "ops", headers=headers | NOBODY))
    assert status == 401, f"gets {status} with the owner's key and a wrong secret"


async def _status(knocking: connect) -> int:
    try:
        async with knocking:
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def _chatwoot(gateway: Running) -> None:
    body = {
        "event": "message_created",
        "id": 1,
        "content": "Bonjour",
        "message_type": "incoming",
        "private": False,
        "sender": {"id": 31, "type": "contact"},
        "conversation": {"id": 1, "channel": "Channel::WebWidget", "meta": {}},
        "account": {"id": 7},
    }
    raw, stamp = json.dumps(body).encode(), str(int(time.time()))
    mac = hmac.new(WRONG.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={mac}"}
    answer = await gateway.http.post("/v1/ingest/chatwoot", content=raw, headers=headers)
    assert answer.status_code == 401, f"speaks for the owner's account: {answer.status_code}"


async def _sunshine(gateway: Running) -> None:
    body = {"app": {"id": "app1"}, "events": []}
    answer = await gateway.http.post("/v1/ingest/sunshine", json=body, headers={"X-API-Key": WRONG})
    assert answer.status_code == 401, f"speaks for the owner's app: {answer.status_code}"


NOBODY = {"Authorization": ""}
WRONG = "aW50cnVkZXI="
"""The intruder's own secret; base64, as some want it."""

NONE_THERE = frozenset({404})
"""Version 2 is the owner's; whoever else asks for one has at most a first one."""

SOUND = {"type": "start", "sample_rate": 8000, "encoding": "mulaw", "channels": 2}
TELNYX_START = {
    "call_control_id": "v2:1",
    "call_session_id": "s1",
    "custom_parameters": {"conversation_id": _target("telnyx")},
    "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
}

TABLE: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row(OPEN),
    ("GET", "/assets/{path:path}"): Row(OPEN),
    ("GET", "/healthz"): Row(OPEN),
    ("GET", "/readyz"): Row(OPEN),
    ("GET", "/metrics"): Row(OPEN),
    ("GET", "/openapi.json"): Row(OPEN),
    ("GET", "/asyncapi.yaml"): Row(OPEN),
    ("GET", "/v1/schemas/{name}.json"): Row(EVERYBODY),
    ("GET", "/v1/admin/tenant"): Row(""),
    ("PUT", "/v1/admin/tenant"): Row("", body={}),
    ("GET", "/v1/admin/integrations"): Row(""),
    ("GET", "/v1/admin/integrations/{integration_id}"): Row(""),
    ("PUT", "/v1/admin/integrations/{integration_id}"): Row(
        "", body={"kind": "jambonz", "key": "intruders", "secrets": {"secret": WRONG}}, own=True
    ),
    ("DELETE", "/v1/admin/integrations/{integration_id}"): Row(""),
    ("GET", "/v1/conversations"): Row(READERS),
    ("POST", "/v1/conversations"): Row("ingest", body={"channel": "chat"}),
    ("GET", "/v1/conversations/{conversation_id}"): Row(READERS),
    ("GET", "/v1/conversations/{conversation_id}/events"): Row(READERS),
    ("GET", "/v1/conversations/{conversation_id}/turns"): Row(READERS),
    ("GET", "/v1/conversations/{conversation_id}/suggestions"): Row(READERS),
    ("GET", "/v1/conversations/{conversation_id}/briefing"): Row(READERS),
    ("POST", "/v1/conversations/{conversation_id}/turns"): Row(
        "ingest", body={"role": "customer", "text": "Bonjour"}
    ),
    ("POST", "/v1/conversations/{conversation_id}/end"): Row("ingest"),
    ("POST", "/v1/conversations/{conversation_id}/transfer"): Row(
        "ingest", body={"to_adviser_id": "a1"}
    ),
    ("PUT", "/v1/customers/{customer_id}"): Row("crm", body={"display_name": "X"}, own=True),
    ("GET", "/v1/customers/{customer_id}"): Row(READERS),
    ("DELETE", "/v1/customers/{customer_id}"): Row("crm"),
    ("GET", "/v1/customers/{customer_id}/export"): Row("crm"),
    ("GET", "/v1/customers/{customer_id}/timeline"): Row(READERS),
    ("POST", "/v1/customers/import"): Row(
        "crm", body='{"id":"k9","display_name":"X"}\n', content_type=NDJSON
    ),
    ("GET", "/v1/imports"): Row("crm"),
    ("GET", "/v1/imports/{import_id}"): Row("crm"),
    ("POST", "/v1/webhooks"): Row("crm", body={"url": "https://intruder.example", "types": TYPES}),
    ("GET", "/v1/webhooks"): Row("crm"),
    ("GET", "/v1/webhooks/{webhook_id}"): Row("crm"),
    ("DELETE", "/v1/webhooks/{webhook_id}"): Row("crm"),
    ("POST", "/v1/webhooks/{webhook_id}/rotate"): Row("crm"),
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): Row("crm"),
    ("POST", "/v1/webhooks/{webhook_id}/replay"): Row("crm"),
    ("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"): Row("crm"),
    ("POST", "/v1/knowledge/documents"): Row("crm", body={"id": "d9", "title": "X", "text": "Y"}),
    ("DELETE", "/v1/knowledge/documents/{document_id}"): Row("crm"),
    ("POST", "/v1/knowledge/search"): Row(
        READERS,
        body={"query": CANARY},
        answers=frozenset({503}),  # nobody answers: the assistant is another service
    ),
    ("GET", "/v1/playbook"): Row("adviser crm ops"),
    ("PUT", "/v1/playbook"): Row(
        "",
        body=BUILT_IN_TEXT.decode(),
        content_type="application/yaml",
        headers={"If-None-Match": "*"},
        answers=frozenset({200, 201, 412}),  # 412: it has one by now
    ),
    ("DELETE", "/v1/playbook"): Row("", answers=frozenset({204, 404})),
    ("GET", "/v1/playbook/status"): Row("adviser crm ops"),
    ("GET", "/v1/playbook/versions"): Row("adviser crm ops"),
    ("GET", "/v1/playbook/versions/{number}"): Row("adviser crm ops", answers=NONE_THERE),
    ("POST", "/v1/playbook/rollback"): Row("", body={"version": 2}, answers=NONE_THERE),
    ("POST", "/v1/tickets"): Row("adviser", body={}),
    ("POST", "/v1/ingest/chatwoot"): Row(SIGNED, intrude=_chatwoot),
    ("POST", "/v1/ingest/sunshine"): Row(SIGNED, intrude=_sunshine),
    ("WS", "/v1/adviser/stream"): Row("adviser", intrude=_adviser),
    ("WS", "/v1/ingest/audio"): Row(
        "ingest", intrude=_start("raw_audio", SOUND | {"conversation_id": _target("raw_audio")})
    ),
    ("WS", "/v1/ingest/chat"): Row(
        "ingest", intrude=_start("chat", {"type": "start", "conversation_id": _target("chat")})
    ),
    ("WS", "/v1/ingest/audiohook"): Row(SIGNED, intrude=_audiohook),
    ("WS", "/v1/ingest/twilio/{key}"): Row(SIGNED, intrude=_twilio),
    ("WS", "/v1/ingest/telnyx"): Row(
        "ingest",
        intrude=_start(
            "telnyx",
            {"event": "connected", "version": "1.0.0"},
            {"event": "start", "sequence_number": "1", "stream_id": "S1", "start": TELNYX_START},
        ),
    ),
    ("WS", "/v1/ingest/asterisk"): Row(
        "ingest",
        intrude=_start(
            "asterisk",
            {"event": "MEDIA_START", "connection_id": "c", "channel": "x", "format": "ulaw"},
            query=f"?conversation_id={_target('asterisk')}&role=customer",
            subprotocols=["media"],
        ),
    ),
    ("WS", "/v1/ingest/jambonz"): Row(
        "ingest",
        intrude=_start(
            "jambonz",
            {
                "callSid": "c1",
                "accountSid": "a1",
                "sampleRate": 8000,
                "mixType": "stereo",
                "metadata": {"conversation_id": _target("jambonz")},
            },
            subprotocols=["audio.jambonz.org"],
        ),
    ),
    ("WS", "/v1/ingest/vonage"): Row(
        "ingest",
        intrude=_start(
            "vonage",
            {
                "event": "websocket:connected",
                "content-type": "audio/l16;rate=16000",
                "conversation_id": _target("vonage"),
                "role": "customer",
            },
        ),
    ),
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@asynccontextmanager
async def _walk(tmp_path: Path, url: str) -> AsyncIterator[tuple[Walk, Redis]]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(Redis.from_url(url))
        await redis.flushall()
        gateway = await stack.enter_async_context(
            running_gateway(tmp_path, redis_url=url, grace_s=0.05)
        )
        yield Walk(gateway, dict(TABLE), await _belongings(gateway)), redis


async def _belongings(gateway: Running) -> dict[str, str]:
    """Give the owner one of each thing, and the intruder what it needs to try; return the ids."""

    async def send(method: str, path: str, tenant: str = OWNER, **options: Any) -> Any:
        headers = gateway.auth("admin", tenant) | options.pop("headers", {})
        answer = await gateway.http.request(method, path, headers=headers, **options)
        assert answer.status_code in {200, 201}, (path, answer.text)
        return answer.json()

    channels = [entry.name for entry in CHANNELS]
    for name in ("mine", *map(_target, [*channels, "panel"])):
        started = {"channel": "chat", "id": name, "customer_id": "k1"}
        await send("POST", "/v1/conversations", json=started)
        turn = {"role": "customer", "text": CANARY}
        await send("POST", f"/v1/conversations/{name}/turns", json=turn)
    await send("PUT", "/v1/customers/k1", json={"display_name": CANARY})
    line = {"id": "k2", "display_name": CANARY}
    lines = json.dumps(line)
    imported = await send(
        "POST",
        "/v1/customers/import",
        content=lines,
        headers={"Content-Type": NDJSON},
        params={"id": "import1"},
    )
    document = {"id": "d1", "title": CANARY, "text": CANARY}
    await send("POST", "/v1/knowledge/documents", json=document)
    own = BUILT_IN_TEXT.replace(b"Livraison en retard", CANARY.encode())
    for text, seen in ((own, {"If-None-Match": "*"}), (own + b"# again\n", {"If-Match": "*"})):
        yaml = {"Content-Type": "application/yaml"}
        await send("PUT", "/v1/playbook", content=text, headers=yaml | seen)
    hook = {"url": f"https://{CANARY}.example/in", "types": TYPES}
    webhook = await send("POST", "/v1/webhooks", json=hook)
    for tenant in (OWNER, INTRUDER):
        secret = HOOK_SECRET
        for kind, key in (
            ("audiohook", f"{tenant}-hook"),
            ("twilio", f"{tenant}-twilio"),
            *((("chatwoot", "7"), ("sunshine", "app1")) if tenant == OWNER else ()),
        ):
            body = {"kind": kind, "key": key, "secrets": {"secret": secret}}
            if (tenant, kind) == (INTRUDER, "twilio"):
                body = {"kind": kind, "key": key}  # unsigned, as development allows
            await send("PUT", f"/v1/admin/integrations/{tenant}.{kind}", tenant, json=body)
    return {
        "conversation_id": "mine",
        "customer_id": "k1",
        "document_id": "d1",
        "import_id": imported["id"],
        "webhook_id": webhook["id"],
        "delivery_id": uuid.uuid4().hex,
        "integration_id": f"{OWNER}.audiohook",
        "name": "turn",
        "key": "nobodys",
        "number": "2",
    }


async def test_each_route_is_in_the_table_and_lets_in_whom_it_says(
    tmp_path: Path, url: str
) -> None:
    async with _walk(tmp_path, url) as (walk, _):
        walk.declared()
        await walk.doors()
        assert not walk.findings, "\n".join(walk.findings)


async def test_tenants_cannot_meet_on_any_route_or_channel(tmp_path: Path, url: str) -> None:
    async with _walk(tmp_path, url) as (walk, redis):
        await walk.tenants(redis)
        assert not walk.findings, "\n".join(walk.findings)


Reader = Annotated[Principal, Depends(Requires("crm"))]


def _plant(walk: Walk) -> None:
    """Give the application the routes that somebody in a hurry might write."""
    app = walk.gateway.app
    journal = walk.gateway.journal

    @app.get("/v1/planted/forgotten")
    async def forgotten() -> None: ...

    @app.get("/v1/planted/open")
    async def unlocked() -> dict[str, str]:
        return {}

    @app.get("/v1/planted/wide")
    async def wide(_: Annotated[Principal, Depends(Requires("crm", "ops"))]) -> dict[str, str]:
        return {}

    @app.get("/v1/planted/{conversation_id}/read")
    async def read(conversation_id: str, _: Reader) -> list[Any]:
        # The tenant from the path, from a header, from a default: anything but the token.
        return [event.wire() for event in await journal.read(OWNER, conversation_id)]

    @app.post("/v1/planted/{conversation_id}/end")
    async def end(conversation_id: str, _: Reader) -> None:
        conversations = app.state.gateway.conversations
        await conversations.end(OWNER, conversation_id, ConversationEnded())
        raise NotFound("There is no such conversation.")

    @app.websocket("/v1/planted/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()


async def test_a_route_planted_without_its_checks_turns_the_matrix_red(
    tmp_path: Path, url: str
) -> None:
    async with _walk(tmp_path, url) as (walk, redis):
        _plant(walk)
        planted = {
            ("GET", "/v1/planted/open"): Row("crm"),
            ("GET", "/v1/planted/wide"): Row("crm"),
            ("GET", "/v1/planted/{conversation_id}/read"): Row("crm"),
            ("POST", "/v1/planted/{conversation_id}/end"): Row("crm"),
            ("WS", "/v1/planted/stream"): Row("adviser"),
        }
        walk.table = planted
        await walk.tenants(redis)
        await walk.doors()
        doors = "\n".join(walk.findings)
        for finding in (
            "GET /v1/planted/open: nobody gets 200",
            "GET /v1/planted/open: ingest gets 200",
            "GET /v1/planted/wide: ops gets 200",
            "GET /v1/planted/{conversation_id}/read: crm of another tenant is shown what is not",
            "GET /v1/planted/{conversation_id}/read: crm of another tenant gets 200, not 404",
            "POST /v1/planted/{conversation_id}/end: another tenant changes owner/",
            "WS /v1/planted/stream: nobody gets 101",
            "WS /v1/planted/stream: nothing in the table tries",
        ):
            assert finding in doors
        walk.table, walk.findings = dict(TABLE), []
        walk.declared()
        assert len(walk.findings) == 6
        assert "GET /v1/planted/forgotten: is not in the table: say who may use it" in walk.findings
