"""Who may bring calls from telephone systems, and how those calls end."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.gateway.app import create_app
from services.gateway.audiosocket import AudioSocketServer
from services.kit.errors import InvalidInput
from services.kit.sealing import sealer
from services.records.integrations import Integration, IntegrationKind, Integrations
from tests.fakes.gateway_server import Running, hear, hear_until, running_gateway, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS: tuple[IntegrationKind, ...] = ("telnyx", "asterisk", "jambonz", "vonage")
START = "MEDIA_START connection_id:x channel:WebSocket/1 format:ulaw optimal_frame_size:160"
PARTY = "/v1/ingest/asterisk?role=customer&conversation_id="
TELNYX = "x-telnyx-streaming-auth-token"
UUID = bytes.fromhex("40325ec25efd4bd3805f53576e581d10")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path_factory.mktemp("gateway"), grace_s=0.2) as running:
        records = Integrations(running.journal.redis, sealer(running.settings))
        for kind in KINDS:
            integration = Integration(
                tenant="acme",
                id=kind,
                kind=kind,
                key="line-1",
                secrets={"secret": "new secret", "previous": "old secret"},
            )
            await records.put(integration)
            await records.put(
                integration.model_copy(update={"id": f"{kind}-2", "key": "line-2", "secrets": {}})
            )
        yield running


@pytest.fixture
def gateway(running: Running) -> Running:
    running.sink.legs.clear()
    return running


def _basic(value: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(value.encode()).decode()}


def _bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


async def _knock(gateway: Running, kind: str, headers: dict[str, str]) -> int:
    url = f"{gateway.ws_url}/v1/ingest/{kind}"
    try:
        async with connect(url, additional_headers=headers, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def _trace(gateway: Running) -> set[str]:
    names = {str(name) for name in await gateway.journal.redis.keys("*")}
    return {name for name in names if name.startswith("acme/conversation")}


@pytest.mark.parametrize("kind", KINDS)
async def test_key_and_secret_or_a_token_let_in(gateway: Running, kind: str) -> None:
    for headers in (
        _basic("line-1:new secret"),
        _basic("line-1:old secret"),
        _bearer("line-1:new secret"),
        gateway.auth("ingest"),
    ):
        assert await _knock(gateway, kind, headers) == 101
    bare = {TELNYX: "line-1:new secret"}
    assert await _knock(gateway, kind, bare) == (101 if kind == "telnyx" else 401)


@pytest.mark.parametrize(
    "headers",
    [
        _basic("line-1:another"),
        _basic("line-9:new secret"),
        _basic("line-1:"),
        _basic("line-2:"),
        _basic(""),
        _bearer("line-1:"),
        {"Authorization": "Basic %%%"},
        {},
    ],
)
async def test_anything_else_is_refused_and_leaves_no_trace(
    gateway: Running, headers: dict[str, str]
) -> None:
    before = await _trace(gateway)
    assert await _knock(gateway, "asterisk", headers) == 401
    assert await _trace(gateway) <= before


async def test_a_key_of_another_system_does_not_count(gateway: Running) -> None:
    records = Integrations(gateway.journal.redis, sealer(gateway.settings))
    await records.put(
        Integration(tenant="acme", id="x", kind="telnyx", key="line-3", secrets={"secret": "s"})
    )
    assert await _knock(gateway, "telnyx", _basic("line-3:s")) == 101
    assert await _knock(gateway, "vonage", _basic("line-3:s")) == 401


async def _reason(gateway: Running, conversation_id: str) -> str | None:
    answer = await gateway.http.get(
        f"/v1/conversations/{conversation_id}/events", headers=gateway.auth("crm")
    )
    last = answer.json()["items"][-1]
    return str(last["data"]["reason"]) if last["type"] == "conversation.ended" else None


def _party(gateway: Running, name: str) -> connect:
    headers = _basic("line-1:new secret")
    return connect(gateway.ws_url + PARTY + name, additional_headers=headers, proxy=None)


@pytest.mark.parametrize(("how", "reason"), [("close", "completed"), ("abort", "dropped")])
async def test_a_close_ends_the_call_and_a_lost_connection_is_waited_for(
    gateway: Running, how: str, reason: str
) -> None:
    async with _party(gateway, how) as party:
        await party.send(START)
        await party.send(b"\x7f" * 160)
        await until(lambda: gateway.sink.legs and gateway.sink.legs[0].samples)
        async with gateway.adviser(how) as panel:
            await hear(panel)
            if how == "abort":
                party.transport.abort()
            else:
                await party.close()
            ended = await hear_until(panel, "conversation.ended")
    assert ended["data"]["reason"] == reason
    assert gateway.sink.legs[0].closed


async def test_a_call_that_never_began_leaves_no_trace(gateway: Running) -> None:
    async with _party(gateway, "silent") as party:
        await party.close()
    answer = await gateway.http.get("/v1/conversations/silent", headers=gateway.auth("crm"))
    assert answer.status_code == 404


def _audiosocket(gateway: Running, **change: Any) -> AudioSocketServer:
    parts = gateway.app.state.gateway
    change = {"audiosocket_tenant": "acme"} | change
    settings = parts.settings.model_copy(update=change)
    return AudioSocketServer(replace(parts, settings=settings))


def _packet(kind: int, payload: bytes = b"") -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


TALK = _packet(0x01, UUID) + _packet(0x10, b"ab" * 160)


@pytest.mark.parametrize("ending", [_packet(0x00), b""], ids=["hang-up", "end of file"])
async def test_audiosocket_ends_by_a_hang_up_or_a_bare_end(gateway: Running, ending: bytes) -> None:
    name = uuid.UUID(int=uuid.uuid4().int & ~15)
    async with _audiosocket(gateway) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_packet(0x01, name.bytes) + _packet(0x10, b"ab" * 160) + ending)
        await until(lambda: gateway.sink.legs and gateway.sink.legs[0].samples)
        if not ending:
            writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        assert await _reason(gateway, str(name)) == "completed"
    (leg,) = gateway.sink.legs
    assert (leg.start.role, leg.start.sample_rate, leg.closed) == ("customer", 8000, True)
    assert bytes(leg.samples) == b"ab" * 160


@pytest.mark.parametrize(
    ("data", "change"),
    [
        (TALK, {"audiosocket_allowed": ("10.0.0.0/8",)}),
        (b"GET / HTTP/1.1\r\n\r\n" + bytes(70_000), {}),
        (_packet(0x01, UUID[:-1] + b"\x17") + _packet(0x10, b"ab"), {}),
    ],
    ids=["network", "nonsense", "uuid"],
)
async def test_audiosocket_hangs_up_on_what_it_does_not_take(
    gateway: Running, data: bytes, change: dict[str, Any]
) -> None:
    async with _audiosocket(gateway, **change) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(data)
        with suppress(ConnectionError):  # it did not read what came after
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    assert gateway.sink.legs == []


async def test_audiosocket_that_is_stopped_lets_its_calls_go_on_elsewhere(
    gateway: Running,
) -> None:
    async with _audiosocket(gateway) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(TALK)
        await until(lambda: gateway.sink.legs and gateway.sink.legs[0].samples)
    writer.close()
    await until(lambda: gateway.sink.legs[0].closed)


async def test_audiosocket_needs_a_tenant_and_networks(gateway: Running) -> None:
    bare = gateway.settings.model_copy(update={"audiosocket_port": 1})
    with pytest.raises(InvalidInput) as refused:
        create_app(bare, journal=gateway.journal, audio_sink=gateway.sink)
    assert refused.value.field == "audiosocket_tenant"
    with pytest.raises(InvalidInput):
        _audiosocket(gateway, audiosocket_allowed=("everybody",))


async def test_the_first_message_must_be_understood(gateway: Running) -> None:
    async with connect(
        gateway.ws_url + "/v1/ingest/vonage",
        additional_headers=_basic("line-1:new secret"),
        proxy=None,
    ) as socket:
        await socket.send(json.dumps({"event": "websocket:connected"}))
        await socket.wait_closed()
        assert socket.close_code == 1008
