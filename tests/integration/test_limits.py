"""What a tenant and a caller may use: requests, sockets over all gateways, messages, time."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.gateway.measures import GatewayMeasures
from services.gateway.socket_leases import SocketLeases
from services.gateway.tenancy import Tenancy
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import Flooding
from services.kit.metrics import Metrics
from services.kit.settings import Settings
from services.kit.tokens import Principal
from services.records.connections import Connections, Lease
from services.records.conversations import ConversationIndex
from services.records.tenants import Tenants
from tests.fakes.eventually import eventually
from tests.fakes.gateway_server import Running, hear, hear_until, running_gateway
from tests.fakes.redis_server import redis_server

START = {"type": "start", "sample_rate": 8000, "encoding": "mulaw", "channels": 2}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(url, decode_responses=True) as client:
        await client.flushall()
        yield client


async def _limit(gateway: Running, **limits: int) -> None:
    answer = await gateway.http.put(
        "/v1/admin/tenant", json={"limits": limits}, headers=gateway.auth("admin", subject="boss")
    )
    assert answer.status_code == 200, answer.text


async def _closed(socket: ClientConnection) -> int:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(10):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


async def _refused(knocking: Any) -> Any:
    with pytest.raises(InvalidStatus) as refused:
        await knocking
    return refused.value.response


async def test_a_caller_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _limit(gateway, caller_requests_per_s=1)

        async def ask(subject: str, tenant: str = "acme") -> Any:
            return await gateway.http.get(
                "/v1/conversations", headers=gateway.auth("crm", tenant, subject)
            )

        answers = await asyncio.gather(*(ask("busy") for _ in range(12)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses.count(200) in {5, 6}
        assert set(statuses) == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == "flooding"
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) >= 1
        upgrade = await _refused(
            gateway.socket(
                "/v1/ingest/audio", "ingest", headers=gateway.auth("ingest", subject="busy")
            )
        )
        assert (upgrade.status_code, upgrade.headers["Retry-After"]) == (429, "1")
        # Neither a colleague nor another tenant's caller of that name pays for it.
        assert (await ask("quiet")).status_code == 200
        assert (await ask("busy", "other")).status_code == 200


async def test_a_tenants_callers_share_its_rate(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _limit(gateway, requests_per_s=1)
        answers = await asyncio.gather(
            *(
                gateway.http.get("/v1/conversations", headers=gateway.auth("crm", subject=f"c{n}"))
                for n in range(12)
            )
        )
        assert {answer.status_code for answer in answers} == {200, 429}
        other = await gateway.http.get("/v1/conversations", headers=gateway.auth("crm", "other"))
        assert other.status_code == 200


async def test_sockets_are_counted_over_all_gateways(
    tmp_path: Path, url: str, redis: Redis
) -> None:
    async with AsyncExitStack() as stack:
        gateways = [
            await stack.enter_async_context(running_gateway(tmp_path / name, redis_url=url))
            for name in ("one", "two")
        ]
        await _limit(gateways[0], adviser_sockets=2, ingest_sockets=1)
        panels = [await stack.enter_async_context(each.adviser(None)) for each in gateways]
        phone = await stack.enter_async_context(gateways[1].socket("/v1/ingest/audio", "ingest"))
        for gateway in gateways:
            for knocking in (gateway.adviser(None), gateway.socket("/v1/ingest/chat", "ingest")):
                refused = await _refused(knocking)
                assert refused.status_code == 429
                assert refused.headers["Retry-After"] == "10"
                assert json.loads(refused.body)["code"] == "flooding"
            # Another tenant has room of its own.
            async with gateway.adviser(None, headers=gateway.auth("adviser", "other")):
                pass
        await panels[0].close()
        await phone.close()
        counts = Connections(redis)

        async def freed() -> bool:
            return (await counts.open("acme", "adviser"), await counts.open("acme", "ingest")) == (
                1,
                0,
            )

        await eventually(freed)
        async with gateways[1].adviser(None), gateways[0].socket("/v1/ingest/chat", "ingest"):
            pass


async def test_one_caller_cannot_take_all_the_tenants_sockets(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _limit(gateway, caller_adviser_sockets=1)
        async with gateway.adviser(None):
            assert (await _refused(gateway.adviser(None))).status_code == 429
            async with gateway.adviser(None, headers=gateway.auth("adviser", subject="s2")):
                pass


async def test_the_sockets_of_a_gateway_that_died_are_free_when_their_lease_ends(
    redis: Redis,
) -> None:
    dead = Connections(redis, timedelta(milliseconds=300))
    for number in range(3):
        lease = Lease(f"l{number}", "acme", "s1", "ingest")
        assert await dead.take(lease, per_tenant=3, per_caller=3) is None
    alive = Connections(redis)
    fresh = Lease("fresh", "acme", "s2", "ingest")
    assert await alive.take(fresh, per_tenant=3, per_caller=1) == "tenant"

    async def let_in() -> bool:
        return await alive.take(fresh, per_tenant=3, per_caller=1) is None

    await eventually(let_in, within=2.0)
    assert await alive.open("acme", "ingest") == 1
    again = Lease("again", "acme", "s2", "ingest")
    assert await alive.take(again, per_tenant=3, per_caller=1) == "caller"
    for name in await redis.keys("*"):
        assert "s2" not in str(name)


async def test_a_living_gateway_renews_its_leases(redis: Redis) -> None:
    connections = Connections(redis, timedelta(milliseconds=300))
    index = ConversationIndex(redis, timedelta(days=1))
    tenancy = Tenancy(Tenants(redis), index, Settings(ingest_sockets=1), SYSTEM_CLOCK)
    hasty = Clock(
        SYSTEM_CLOCK.now, SYSTEM_CLOCK.monotonic, lambda seconds: asyncio.sleep(seconds / 100)
    )
    principal = Principal("acme", "ingest", "pbx")
    async with SocketLeases(connections, tenancy, hasty, GatewayMeasures(Metrics())) as leases:
        async with leases.counted(principal, "ingest"):
            for _ in range(6):
                await asyncio.sleep(0.1)  # twice as long as a lease: that is what is tested
                assert await connections.open("acme", "ingest") == 1
            with pytest.raises(Flooding):
                async with leases.counted(principal, "ingest"):
                    raise AssertionError
        assert await connections.open("acme", "ingest") == 0


async def test_a_flood_on_an_ingest_socket_ends_it_and_nothing_else(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _limit(gateway, messages_per_s=1)
        conversation = await gateway.create()
        async with gateway.socket("/v1/ingest/chat", "ingest") as chat:
            await chat.send(json.dumps({"type": "start", "conversation_id": conversation}))
            for number in range(10):
                await chat.send(
                    json.dumps({"type": "turn", "role": "customer", "text": f"t{number}"})
                )
            assert (await hear_until(chat, "error"))["code"] == "flooding"
            assert await _closed(chat) == 4429
        turns = await gateway.http.get(
            f"/v1/conversations/{conversation}/turns", headers=gateway.auth("crm")
        )
        assert 3 <= len(turns.json()["items"]) <= 5


async def test_a_message_over_the_tenants_size_ends_its_socket(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _limit(gateway, message_bytes=1024)
        for path in ("/v1/ingest/audio", "/v1/ingest/chat", "/v1/adviser/stream"):
            async with gateway.socket(path, "admin") as socket:
                await socket.send("x" * 1025)
                assert await _closed(socket) == 1009
        assert gateway.sink.legs == []


async def test_no_socket_outlives_its_token(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, grace_s=0.1) as gateway, AsyncExitStack() as stack:
        conversation = await gateway.create()
        short = {"lifetime": timedelta(seconds=2)}
        headers = gateway.auth("adviser", **short)
        panel = await stack.enter_async_context(gateway.adviser(conversation, headers=headers))
        lobby = await stack.enter_async_context(gateway.adviser(None, headers=headers))
        answer = await gateway.http.post("/v1/tickets", headers=headers)
        assert answer.status_code == 201
        ticketed = await stack.enter_async_context(
            gateway.adviser(
                None,
                headers={"Authorization": ""},
                subprotocols=["souffleur.v1", f"ticket.{answer.json()['ticket']}"],
            )
        )
        left_over = (await gateway.http.post("/v1/tickets", headers=headers)).json()["ticket"]
        ingest = {"headers": gateway.auth("ingest", **short)}
        phone = await stack.enter_async_context(
            gateway.socket("/v1/ingest/audio", "ingest", **ingest)
        )
        await phone.send(json.dumps(START))
        call = (await hear(phone))["conversation_id"]
        chat = await stack.enter_async_context(
            gateway.socket("/v1/ingest/chat", "ingest", **ingest)
        )
        lasting = await stack.enter_async_context(gateway.adviser(conversation))
        closed = await asyncio.gather(*map(_closed, (panel, lobby, ticketed, phone, chat)))
        assert closed == [4401] * 5
        assert lasting.close_code is None
        # A ticket is worth no more than the token that it was given for.
        refused = await _refused(
            gateway.adviser(
                None,
                headers={"Authorization": ""},
                subprotocols=["souffleur.v1", f"ticket.{left_over}"],
            )
        )
        assert refused.status_code == 401

        async def ended() -> bool:
            found = await gateway.http.get(f"/v1/conversations/{call}", headers=gateway.auth("crm"))
            return found.json()["ended_at"] is not None

        await eventually(ended)
        assert all(leg.closed for leg in gateway.sink.legs)
