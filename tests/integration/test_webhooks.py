"""Webhooks out: signed as the standard's own library expects, once, in order, whatever dies."""

import asyncio
import signal
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Standard
from standardwebhooks.webhooks import WebhookVerificationError

from services.gateway.webhooks.sender import Sender
from services.journal.journal import Journal
from services.kit.sealing import Sealer
from services.records.deliveries import Deliveries
from services.records.webhooks import Webhook, Webhooks
from tests.fakes.gateway_server import running_gateway, until
from tests.fakes.journal_events import said, started
from tests.fakes.redis_server import redis_server
from tests.fakes.virtual_clock import VirtualClock
from tests.fakes.webhook_receiver import Message, Receiver, receiver
from tests.fakes.webhook_worker import GUARD, KEY, POINTS, dispatcher, start

TYPES = ["conversation.started", "turn.final", "conversation.ended"]


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUFFLEUR_WEBHOOK_ALLOWED", '["127.0.0.0/8"]')


async def test_a_subscriber_gets_what_it_asked_for_signed(tmp_path: Path, allowed: None) -> None:
    async with receiver() as other, running_gateway(tmp_path) as gateway:
        crm = gateway.auth("crm")

        async def post(path: str, **body: Any) -> Any:
            return await gateway.http.post(path, json=body or None, headers=crm)

        made = await post("/v1/webhooks", url=other.url, types=TYPES, description="CRM")
        assert made.status_code == 201, made.text
        hook, secret = made.headers["Location"], made.json()["secret"]
        assert secret.startswith("whsec_")
        for seen in (await gateway.http.get(hook, headers=crm), await _get(gateway, crm)):
            assert seen.status_code == 200
            assert secret not in seen.text
        stored = await gateway.journal.redis.hvals("acme/webhooks")
        assert secret not in str(stored)

        conversation = await gateway.create(language="fr")
        await gateway.say(conversation, "Ça coûte combien ?", id="t1")
        await until(lambda: len(other.taken) == 2)
        names = [message.event["type"] for message in other.taken]
        assert names == ["conversation.started", "turn.final"]
        for message in other.taken:
            assert Standard(secret).verify(message.body, message.headers) == message.event
        with pytest.raises(WebhookVerificationError):
            Standard(secret).verify(other.taken[1].body + b" ", other.taken[1].headers)
        event = other.taken[1].event
        assert {name: event[name] for name in ("specversion", "source", "subject")} == {
            "specversion": "1.0",
            "source": f"/v1/conversations/{conversation}",
            "subject": conversation,
        }
        assert event["data"]["text"] == "Ça coûte combien ?"

        rotated = (await post(f"{hook}/rotate")).json()["secret"]
        await gateway.say(conversation, "Merci")
        await until(lambda: len(other.taken) == 3)
        last = other.taken[2]
        assert len(last.headers["webhook-signature"].split()) == 2
        for key in (secret, rotated):
            Standard(key).verify(last.body, last.headers)

        log = (await gateway.http.get(f"{hook}/deliveries?limit=2", headers=crm)).json()
        assert [item["state"] for item in log["items"]] == ["delivered"] * 2
        assert log["items"][0]["id"] == last.id
        assert log["items"][0]["tries"][0]["status"] == 204
        rest = await gateway.http.get(
            f"{hook}/deliveries", params={"cursor": log["next"]}, headers=crm
        )
        assert len(rest.json()["items"]) == 1

        # Another tenant sees none of it.
        for path in (hook, f"{hook}/deliveries"):
            answer = await gateway.http.get(path, headers=gateway.auth("crm", tenant="other"))
            assert answer.status_code == 404

        # Gone for good: nothing more is sent, what was not taken is dead and can be replayed.
        other.status = 410
        await gateway.say(conversation, "Allô ?")
        await until(lambda: len(other.seen) == 4)
        await _until_dead(gateway, crm, hook, 1)
        assert (await gateway.http.get(hook, headers=crm)).json()["disabled"] == "gone"
        assert (await gateway.http.delete(hook, headers=crm)).status_code == 204
        assert (await gateway.http.get(hook, headers=crm)).status_code == 404
        left = [name async for name in gateway.journal.redis.scan_iter("acme/webhook/*")]
        left += [name async for name in gateway.journal.redis.scan_iter("acme/delivery/*")]
        assert left == []


async def _get(gateway: Any, crm: dict[str, str]) -> Any:
    return await gateway.http.get("/v1/webhooks", headers=crm)


async def _until_dead(gateway: Any, crm: dict[str, str], hook: str, count: int) -> list[Any]:
    async with asyncio.timeout(10):
        while True:
            answer = await gateway.http.get(f"{hook}/deliveries?state=dead", headers=crm)
            if len(answer.json()["items"]) == count:
                return list(answer.json()["items"])
            await asyncio.sleep(0.05)


async def test_dead_letters_are_replayed_and_redirects_refused(
    tmp_path: Path, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.webhooks.dispatcher.MOST_ATTEMPTS", 1)
    async with receiver() as other, running_gateway(tmp_path) as gateway:
        crm = gateway.auth("crm")
        made = await gateway.http.post(
            "/v1/webhooks", json={"url": other.url, "types": ["turn.final"]}, headers=crm
        )
        hook = made.headers["Location"]
        conversation = await gateway.create()
        other.status, other.headers = 302, {"location": "http://169.254.169.254/latest"}
        for number in range(3):
            await gateway.say(conversation, f"tour {number}")
        dead = await _until_dead(gateway, crm, hook, 3)
        assert {item["tries"][0]["error"] for item in dead} == {"redirect_refused"}
        assert len(other.seen) == 3
        other.status, other.headers = 204, {}
        one = await gateway.http.post(f"{hook}/deliveries/{dead[2]['id']}/replay", headers=crm)
        assert one.status_code == 202, one.text
        await until(lambda: len(other.taken) == 1)
        rest = await gateway.http.post(f"{hook}/replay", headers=crm)
        assert rest.json() == {"replayed": 2}
        await until(lambda: len(other.taken) == 3)
        assert [m.event["data"]["text"] for m in other.taken] == ["tour 0", "tour 1", "tour 2"]
        assert [m.id for m in other.taken] == [m.id for m in other.seen[:3]]
        await _until_dead(gateway, crm, hook, 0)
        unknown = await gateway.http.post(f"{hook}/deliveries/none/replay", headers=crm)
        assert unknown.status_code == 404


async def test_inside_addresses_are_refused(tmp_path: Path) -> None:
    async with receiver() as other, running_gateway(tmp_path) as gateway:
        crm = gateway.auth("crm")
        for url in (
            other.url,
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
            "https://user:secret@example.com/",
            "ftp://example.com/",
            "/relative",
            "http://",
        ):
            answer = await gateway.http.post(
                "/v1/webhooks", json={"url": url, "types": ["turn.final"]}, headers=crm
            )
            assert (answer.status_code, answer.json()["field"]) == (422, "url"), url
        # A name that leads inside is caught when the connection is made.
        by_name = other.url.replace("127.0.0.1", "localhost")
        made = await gateway.http.post(
            "/v1/webhooks", json={"url": by_name, "types": ["turn.final"]}, headers=crm
        )
        await gateway.say(await gateway.create(), "Bonjour")
        async with asyncio.timeout(10):
            while True:
                log = await gateway.http.get(f"{made.headers['Location']}/deliveries", headers=crm)
                tries = [t for item in log.json()["items"] for t in item["tries"]]
                if tries:
                    break
                await asyncio.sleep(0.05)
        assert tries[0]["error"] == "address_refused"
        assert other.seen == []


async def _subscribe(journal: Journal, url: str) -> str:
    webhook = Webhook(
        id="hook", url=url, types=tuple(TYPES), created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    secret = await Webhooks(journal.redis, Sealer(KEY)).add("acme", webhook)
    assert secret is not None
    return secret


def _by_conversation(messages: list[Message]) -> dict[str, list[str]]:
    """The turns of each conversation as they were first seen, and nothing twice."""
    found: dict[str, list[str]] = defaultdict(list)
    ids = set()
    for message in messages:
        if message.id not in ids:
            ids.add(message.id)
            data = message.event["data"]
            found[message.event["subject"]].append(data.get("id", message.event["type"]))
    return found


async def test_a_receiver_that_was_down_for_ten_minutes_gets_all_once_in_order(
    tmp_path: Path,
) -> None:
    virtual = VirtualClock()
    with redis_server(tmp_path) as server:
        async with (
            Journal.open(server.url) as journal,
            receiver() as other,
            Sender.open(GUARD, virtual.clock) as sender,
        ):
            secret = await _subscribe(journal, other.url)
            working = dispatcher(journal, sender, virtual.clock, timedelta(seconds=60))
            names = [f"c{number}" for number in range(12)]
            expected = {name: ["conversation.started"] for name in names}
            other.status = 503

            async def happen(event: Any, producer: str) -> None:
                stored = await journal.publish("acme", event, producer=producer, seq=1)
                assert stored is not None
                await working.feed("acme", stored)
                await working.feed("acme", stored)  # again, as after a crash

            for name in names:
                await happen(started(name), "start")
            tries_while_down = 0
            for second in range(0, 600, 2):
                if second % 60 == 0:
                    for name in names:
                        turn = f"t{second // 60}"
                        expected[name].append(turn)
                        await happen(said(name, turn, f"{name} {turn}"), turn)
                tries_while_down += await working.work_off()
                await virtual.advance(2)
            assert other.taken == []
            # Each conversation was tried now and then, not once a second.
            assert 5 * len(names) <= tries_while_down <= 12 * len(names)
            other.status = 204
            while sum(map(len, _by_conversation(other.taken).values())) < 12 * 11:
                await virtual.advance(10)
                await working.work_off()
                assert virtual.now_s < 1_500, "not everything came within 15 minutes"
            assert _by_conversation(other.taken) == expected
            assert len({message.id for message in other.taken}) == len(other.taken) == 12 * 11
            assert set(other.most_under_way.values()) == {1}
            for message in other.taken:
                at = datetime.fromtimestamp(int(message.headers["webhook-timestamp"]), UTC)
                signature = Standard(secret).sign(message.id, at, message.body.decode())
                assert message.headers["webhook-signature"] == signature
            assert await journal.redis.zcard("/webhooks/due") == 0


@pytest.mark.timeout(150)
async def test_a_killed_dispatcher_loses_nothing_and_doubles_nothing_unseen(
    tmp_path: Path,
) -> None:
    with redis_server(tmp_path) as server:
        async with Journal.open(server.url) as journal, receiver() as other:
            await _subscribe(journal, other.url)
            names = [f"c{number}" for number in range(6)]
            expected = {name: ["conversation.started"] for name in names}
            for name in names:
                await journal.publish("acme", started(name), producer="start", seq=1)
            deaths = 0
            for round_ in range(6):
                point = POINTS[round_ % len(POINTS)]
                worker = start(server.url, f"w{round_}", f"{point}={2 + round_ % 3}")
                for name in names:
                    expected[name].append(f"t{round_}")
                    event = said(name, f"t{round_}", "Bonjour")
                    await journal.publish("acme", event, producer=f"t{round_}", seq=1)
                await asyncio.to_thread(worker.join, 30)
                assert worker.exitcode == -signal.SIGKILL, point
                deaths += 1
            last = start(server.url, "last")
            try:
                await _all_came(other, 6 * 7)
            finally:
                last.kill()
                last.join()
            assert _by_conversation(other.taken) == expected
            bodies = defaultdict(set)
            for message in other.taken:
                bodies[message.id].add(message.body)
            # What came twice carries its id and its body again, for the receiver to see.
            assert len(bodies) == 42
            assert all(len(same) == 1 for same in bodies.values())
            doubled = len(other.taken) - len(bodies)
            assert 1 <= doubled <= deaths * 8
            log, _ = await Deliveries(journal.redis).page(
                "acme", "hook", dead=False, cursor=None, limit=200
            )
            assert len(log) == 42


async def _all_came(other: Receiver, count: int) -> None:
    async with asyncio.timeout(30):
        while len({message.id for message in other.taken}) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)  # and whatever would come too much
