"""Genesys AudioHook against a running gateway: signatures, sessions, numbers and the timeline."""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from services.contracts.conversation import Turn
from services.contracts.events import SuggestionOfferedEvent, TurnFinalEvent
from services.contracts.suggestions import Suggestion, SuggestionOffered, TurnEvidence
from services.kit.clock import SYSTEM_CLOCK
from services.kit.sealing import sealer
from services.records.integrations import Integration, Integrations
from tests.fakes.audiohook_client import (
    COVERED,
    KEY,
    SECRET,
    STEREO,
    audiohook,
    session_of,
    signed_headers,
)
from tests.fakes.gateway_server import Leg, Running, hear_until, running_gateway, until

ZERO = "00000000-0000-0000-0000-000000000000"
FRAME = bytes(range(160)) * 20  # 200 ms of two channels


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path_factory.mktemp("gateway"), grace_s=0.5) as running:
        records = Integrations(running.journal.redis, sealer(running.settings))
        await records.put(
            Integration(
                tenant="acme", id="genesys", kind="audiohook", key=KEY, secrets={"secret": SECRET}
            )
        )
        await records.put(
            Integration(tenant="acme", id="open", kind="audiohook", key="unsigned-key")
        )
        yield running


async def _conversation_keys(gateway: Running) -> set[str]:
    names = (str(name) for name in await gateway.journal.redis.keys("*"))
    return {name for name in names if "conversation" in name}


def _legs(gateway: Running, name: str, role: str | None = None) -> list[Leg]:
    legs = [leg for leg in gateway.sink.legs if leg.start.conversation_id == name]
    return [leg for leg in legs if role in {None, leg.start.role}]


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "d3Jvbmc="},
        {"created": time.time() - 60},
        {"created": time.time() + 60},
        {"nonce": "short"},
        {"key": "nobody-has-this-key"},
        {"covered": tuple(name for name in COVERED if name != "x-api-key")},
    ],
    ids=["secret", "old", "future", "nonce", "key", "coverage"],
)
async def test_a_wrong_signature_is_refused_slowly(
    gateway: Running, change: dict[str, Any]
) -> None:
    before = await _conversation_keys(gateway)
    started = time.monotonic()
    with pytest.raises(InvalidStatus) as refused:
        await audiohook(gateway.port, **change)
    assert refused.value.response.status_code == 401
    assert time.monotonic() - started >= 0.5
    assert await _conversation_keys(gateway) == before


@pytest.mark.parametrize(
    "name",
    [
        "Audiohook-Organization-Id",
        "Audiohook-Session-Id",
        "Audiohook-Correlation-Id",
        "X-API-KEY",
        "Signature",
        "Signature-Input",
    ],
)
@pytest.mark.parametrize("how", ["altered", "missing"])
async def test_an_altered_or_missing_header_is_refused(
    gateway: Running, name: str, how: str
) -> None:
    headers = signed_headers(gateway.port)
    headers[name] = headers[name][:-4] + "abc:"
    if how == "missing":
        del headers[name]
    with pytest.raises(InvalidStatus) as refused:
        await audiohook(gateway.port, headers=headers)
    assert refused.value.response.status_code == 401


async def test_a_request_that_is_replayed_is_refused(gateway: Running) -> None:
    headers = signed_headers(gateway.port)
    async with audiohook(gateway.port, headers=headers):
        pass
    with pytest.raises(InvalidStatus):
        await audiohook(gateway.port, headers=headers)


async def test_only_a_key_without_a_secret_may_come_unsigned(gateway: Running) -> None:
    headers = signed_headers(gateway.port, key="unsigned-key")
    del headers["Signature"], headers["Signature-Input"]
    async with audiohook(gateway.port, headers=headers) as socket:
        assert (await session_of(socket).open())["parameters"]["media"] == [STEREO]


async def test_a_probe_is_answered_and_creates_nothing(gateway: Running) -> None:
    before = await _conversation_keys(gateway)
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        opened = await session.open(ZERO)
        assert opened["parameters"]["media"] == [STEREO]
        await session.tell("ping")
        assert (await session.hear())["type"] == "pong"
        await session.close()
    assert await _conversation_keys(gateway) == before


async def test_a_session_carries_both_sides_and_closes_in_order(gateway: Running) -> None:
    name = str(uuid.uuid4())
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        opened = await session.open(name, supportedLanguages=True)
        assert opened["parameters"]["supportedLanguages"] == ["fr", "en"]
        await session.speak(FRAME)
        customer, adviser = _legs(gateway, name)
        await until(lambda: len(adviser.samples) == 1600)
        assert (customer.start.role, adviser.start.role) == ("customer", "adviser")
        assert (customer.start.encoding, customer.start.language) == ("mulaw", "fr")
        assert bytes(customer.samples) == FRAME[0::2]
        assert bytes(adviser.samples) == FRAME[1::2]
        await _publish_turn(gateway, name, "t1", "customer", "Bonjour")
        event = await session.hear_until("event")
        [entity] = event["parameters"]["entities"]
        assert entity["type"] == "transcript"
        assert entity["data"]["channelId"] == 0
        assert entity["data"]["isFinal"]
        [alternative] = entity["data"]["alternatives"]
        assert alternative["interpretations"][0]["transcript"] == "Bonjour"
        await session.close()
    assert (customer.closed, adviser.closed) == (True, True)
    ended = (await _events(gateway, name))[-1]
    assert (ended["type"], ended["data"]["reason"]) == ("conversation.ended", "completed")


async def test_what_is_said_last_is_sent_before_closed(gateway: Running) -> None:
    name = str(uuid.uuid4())
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        await session.open(name)
        for number in range(20):
            await _publish_turn(gateway, name, f"t{number}", "adviser", f"Phrase {number}")
        await session.close()
    sent = [message for message in session.inbox if message["type"] == "event"]
    assert len(sent) == 20


async def test_the_timeline_goes_on_over_pauses_and_the_count_stays_exact(
    gateway: Running,
) -> None:
    name = str(uuid.uuid4())
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        await session.open(name)
        await session.speak(FRAME)
        await session.tell("discarded", start="PT0.2S", discarded="PT0.5S")
        await session.speak(FRAME)
        await session.tell("paused")
        await session.tell("resumed", start="PT0.9S", discarded="PT60S")
        await session.speak(FRAME)
        await session.tell("update", language="en-US")
        await session.speak(FRAME)
        await session.tell("ping")
        assert (await session.hear_until("pong"))["clientseq"] == session.sent
        await session.close()
    heard = _legs(gateway, name, "customer")
    first, second, third = heard
    # 200 ms, 500 ms of silence, 200 ms; then a minute later 200 ms; then in English.
    assert len(first.samples) == 7200
    assert bytes(first.samples[1600:5600]) == b"\xff" * 4000
    assert second.start.offset_ms - first.start.offset_ms == 60_900
    assert third.start.offset_ms - second.start.offset_ms == 200
    assert [leg.start.language for leg in heard] == ["fr", "fr", "en"]
    assert all(leg.closed for leg in _legs(gateway, name))


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"seq": 5}, "seq"),
        ({"id": "another"}, "id"),
        ({"serverseq": 9}, "serverseq"),
        ({"version": "1"}, "version"),
        ({"position": "soon"}, "position"),
        ("nonsense", "JSON"),
    ],
)
async def test_a_broken_rule_disconnects_in_order(
    gateway: Running, message: dict[str, Any] | str, says: str
) -> None:
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        await session.open()
        good = {
            "version": "2",
            "id": session.session,
            "type": "ping",
            "seq": 2,
            "serverseq": 1,
            "position": "PT0S",
            "parameters": {},
        }
        session.sent = 2
        await socket.send(message if isinstance(message, str) else json.dumps(good | message))
        disconnect = await session.hear_until("disconnect")
        assert disconnect["parameters"]["reason"] == "error"
        assert says in disconnect["parameters"]["info"]
        session.sent = disconnect["clientseq"]
        await session.close("disconnect")


async def test_audio_while_paused_and_another_organization_are_errors(gateway: Running) -> None:
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        await session.open()
        await session.tell("paused")
        await session.speak(FRAME)
        assert "paused" in (await session.hear_until("disconnect"))["parameters"]["info"]
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        parameters = {"conversationId": ZERO, "organizationId": str(uuid.uuid4()), "media": []}
        await session.tell("open", **parameters)
        said = await session.hear_until("disconnect")
        assert "organizationId" in said["parameters"]["info"]


async def test_a_session_that_moves_goes_on_in_the_same_conversation(gateway: Running) -> None:
    name = str(uuid.uuid4())
    for reason in ("reconnect", "end"):
        async with audiohook(gateway.port) as socket:
            session = session_of(socket)
            await session.open(name)
            await session.speak(FRAME)
            await session.close(reason)
    async with gateway.adviser(name) as panel:
        # The place of the first session is kept for as long as it might come back.
        await hear_until(panel, "conversation.ended")
    kinds = [event["type"] for event in await _events(gateway, name)]
    assert kinds.count("conversation.started") == kinds.count("conversation.ended") == 1


async def test_the_panel_sees_the_call_and_cards_reach_genesys_when_asked_for(
    gateway: Running,
) -> None:
    name = str(uuid.uuid4())
    config = json.dumps({"transcripts": "none", "agentassist": True})
    async with audiohook(gateway.port) as socket:
        session = session_of(socket)
        await session.open(name, customConfig=config)
        async with gateway.adviser(name) as panel:
            await hear_until(panel, "snapshot")
            await _publish_turn(gateway, name, "t1", "customer", "Où est mon colis ?")
            seen = await hear_until(panel, "turn.final")
        assert seen["data"]["text"] == "Où est mon colis ?"
        card = Suggestion(
            id="s1",
            kind="next_best_action",
            subject="locate_parcel",
            title="Localiser le colis",
            reason="Le client demande où il est.",
            confidence=0.9,
            turn_id="t1",
            evidence=(TurnEvidence(turn_id="t1", start=0, end=2, quote="Où"),),
        )
        for number, held in enumerate((True, False)):
            offered = SuggestionOfferedEvent(
                conversation_id=name,
                time=SYSTEM_CLOCK.now(),
                data=SuggestionOffered(suggestion=card, held=held),
            )
            await gateway.journal.publish("acme", offered, producer=f"card-{number}", seq=1)
        await session.close()
    assert [message["type"] for message in session.inbox] == ["opened", "event", "closed"]
    [entity] = session.inbox[1]["parameters"]["entities"]
    [suggestion] = entity["data"]["suggestions"]
    assert (suggestion["type"], suggestion["question"]) == ("faq", "Localiser le colis")


async def test_twenty_sessions_answer_pings_at_once_while_audio_flows(gateway: Running) -> None:
    trips: list[float] = []

    async def one() -> None:
        async with audiohook(gateway.port) as socket:
            session = session_of(socket)
            await session.open()
            for _ in range(10):
                await session.speak(FRAME)
                started = time.perf_counter()
                await session.tell("ping")
                await session.hear_until("pong")
                trips.append(1000 * (time.perf_counter() - started))
                await asyncio.sleep(0.2)
            await session.close()

    await asyncio.gather(*(one() for _ in range(20)))
    assert len(trips) == 200
    # The bound of 50 ms is for a quiet machine (`make bench ARGS=audiohook`).
    assert statistics.quantiles(trips, n=100)[98] <= 250


async def _publish_turn(gateway: Running, name: str, id_: str, role: Any, text: str) -> None:
    turn = Turn(id=id_, role=role, text=text, start_ms=0, end_ms=900, channel="voice")
    event = TurnFinalEvent(conversation_id=name, time=SYSTEM_CLOCK.now(), data=turn)
    await gateway.journal.publish("acme", event, producer=f"test-{id_}", seq=1)


async def _events(gateway: Running, name: str) -> list[dict[str, Any]]:
    answer = await gateway.http.get(f"/v1/conversations/{name}/events", headers=gateway.auth("crm"))
    return list(answer.json()["items"])
