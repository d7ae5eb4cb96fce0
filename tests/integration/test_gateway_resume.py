"""The adviser's socket cut at any event and resumed: the screen equals a fresh snapshot."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contracts.adviser import Screen
from services.contracts.events import EVENT, ConversationEvent, Event
from services.gateway.screen import apply
from tests.fakes.gateway_events import lives
from tests.fakes.gateway_server import Running, hear, running_gateway, tell
from tests.fakes.redis_server import RedisServer


class Panel:
    """A client that folds the frames it gets, as the panel does."""

    def __init__(self) -> None:
        self.screen: Screen | None = None
        self.cursor: str | None = None

    def take(self, frame: dict[str, object]) -> None:
        if frame["type"] == "snapshot":
            self.screen = Screen.model_validate_json(json.dumps(frame["screen"]))
            self.cursor = str(frame["cursor"])
        elif frame["type"] == "event" and self.screen is not None:
            envelope = dict(frame["event"])  # type: ignore[call-overload]
            id_ = envelope.pop("id")
            event = EVENT.validate_json(json.dumps(envelope))
            self.screen = apply(self.screen, ConversationEvent(id=id_, event=event))
            self.cursor = id_

    async def watch(
        self, gateway: Running, conversation_id: str, until: str, *, by_query: bool
    ) -> None:
        """Connect (resuming if there was a connection before) and read up to event ``until``."""
        after = self.cursor if by_query else None
        async with gateway.adviser(conversation_id, after=after) as socket:
            if self.cursor is not None and not by_query:
                await tell(socket, type="resume", last_event_id=self.cursor)
            while True:
                self.take(await hear(socket))
                if self.cursor is not None and _offset(self.cursor) >= _offset(until):
                    return


def _offset(id_: str) -> tuple[int, ...]:
    return tuple(int(part) for part in id_.split("-"))


async def _play(gateway: Running, tenant: str, events: list[Event], first: int) -> str:
    last = ""
    for seq, event in enumerate(events, first):
        stored = await gateway.journal.publish(tenant, event, producer="play", seq=seq)
        assert stored is not None
        last = stored.id
    return last


def test_a_socket_cut_anywhere_and_resumed_shows_a_fresh_snapshot(tmp_path: Path) -> None:
    numbers = iter(range(1_000_000))

    async def check(gateway: Running, life: list[Event], cuts: list[int], by_query: bool) -> None:
        conversation_id = f"c{next(numbers)}"
        life = [event.model_copy(update={"conversation_id": conversation_id}) for event in life]
        panel = Panel()
        played = 0
        for cut in [*sorted(cuts), len(life)]:
            if not played < cut <= len(life):
                continue
            last = await _play(gateway, "acme", life[played:cut], played + 1)
            played = cut
            await panel.watch(gateway, conversation_id, last, by_query=by_query)
        fresh = Panel()
        await fresh.watch(gateway, conversation_id, panel.cursor or "", by_query=False)
        assert panel.screen == fresh.screen
        assert panel.cursor == fresh.cursor

    with asyncio.Runner() as runner:

        @settings(
            max_examples=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            database=None,
        )
        @given(lives(max_size=12), st.lists(st.integers(1, 12), max_size=3), st.booleans())
        def holds(life: list[Event], cuts: list[int], by_query: bool) -> None:
            runner.run(check(gateway, life, cuts, by_query))

        context = running_gateway(tmp_path)
        gateway = runner.run(context.__aenter__())
        try:
            holds()
        finally:
            runner.run(context.__aexit__(None, None, None))


async def test_events_during_a_replay_come_once_and_in_order(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        async with gateway.adviser(conversation) as panel:
            cursor = (await hear(panel))["cursor"]
        said: list[str] = []

        async def go_on(first: int, last: int) -> None:
            for n in range(first, last):
                said.append((await gateway.say(conversation, f"turn {n}"))["id"])  # noqa: PERF401 - one by one

        await go_on(0, 20)

        async with asyncio.TaskGroup() as tasks, gateway.adviser(conversation) as panel:
            tasks.create_task(go_on(20, 60))
            await tell(panel, type="resume", last_event_id=cursor)
            got = []
            while len(got) < 60:
                frame = await hear(panel)
                if frame["type"] == "event":
                    got.append(frame["event"]["data"]["id"])
        assert got == said


def _told_again(frames: list[dict[str, Any]]) -> bool:
    screens = [frame["screen"] for frame in frames if frame["type"] == "snapshot"]
    if not screens or not any(frame["type"] == "restored" for frame in frames):
        return False
    texts = [turn["text"] for turn in screens[-1]["turns"]]
    texts += [frame["event"]["data"]["text"] for frame in frames if frame["type"] == "event"]
    assert texts in (["avant"], ["avant", "après"])
    return len(texts) == 2


async def test_a_restarted_redis_gives_every_panel_a_fresh_snapshot(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        async with running_gateway(tmp_path, redis_url=server.url) as gateway:
            conversation = await gateway.create()
            await gateway.say(conversation, "avant")
            async with gateway.adviser(conversation) as panel:
                assert len((await hear(panel))["screen"]["turns"]) == 1
                server.kill()
                told = {"type": "degraded", "service": "journal", "reason": "journal_unavailable"}
                assert await hear(panel, within_s=2.0) == told
                refused = await gateway.http.post(
                    f"/v1/conversations/{conversation}/turns",
                    json={"role": "customer", "text": "pendant"},
                    headers=gateway.auth("ingest"),
                )
                assert refused.status_code == 503
                assert int(refused.headers["Retry-After"]) >= 1
                assert refused.headers["Content-Type"].startswith("application/problem+json")
                ready = await gateway.http.get("/readyz")
                assert (ready.status_code, ready.json()["waiting_for"]) == (503, ["journal"])
                server.start()
                await gateway.say(conversation, "après")
                frames = [await hear(panel)]
                # The news that Redis is back comes by another way than what it holds.
                while not _told_again(frames):
                    frames.append(await hear(panel))
                kinds = [frame["type"] for frame in frames]
                assert kinds.index("resync") + 1 == kinds.index("snapshot")
                assert kinds.count("resync") == 1
                assert [kind for kind in kinds if kind in {"degraded", "restored"}][
                    -1
                ] == "restored"
            assert (await gateway.http.get("/readyz")).status_code == 200
    finally:
        server.kill()


@pytest.mark.parametrize("cursor", ["1-99999", "99999999999999-1"])
async def test_a_cursor_that_leads_nowhere_gives_a_resync(tmp_path: Path, cursor: str) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        async with gateway.adviser(conversation) as panel:
            await tell(panel, type="resume", last_event_id=cursor)
            assert [(await hear(panel))["type"] for _ in range(2)] == ["resync", "snapshot"]


async def test_a_panel_that_comes_to_a_redis_that_is_down_is_told(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        async with running_gateway(tmp_path, redis_url=server.url) as gateway:
            conversation = await gateway.create()
            async with gateway.adviser(conversation) as first, gateway.adviser(None) as lobby:
                assert (await hear(first))["type"] == "snapshot"
                assert (await hear(lobby))["type"] == "conversations"
                server.freeze()
                assert (await hear(first, within_s=2.0))["type"] == "degraded"
                assert (await hear(lobby, within_s=2.0))["type"] == "degraded"
                async with gateway.adviser(conversation) as second:
                    frames = [await hear(second) for _ in range(2)]
                    assert [frame["type"] for frame in frames] == ["snapshot", "degraded"]
                    server.thaw()
                    for panel in (first, lobby, second):
                        assert (await hear(panel))["type"] == "restored"
    finally:
        server.kill()
