"""Workers die at every named point: nothing is lost, doubled or out of order."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from services.journal.journal import Journal
from tests.fakes.eventually import eventually
from tests.fakes.journal_events import said, started, turns_analysed
from tests.fakes.journal_worker import BETWEEN, POINTS, POLICY, Kind, start
from tests.fakes.redis_server import RedisServer, redis_server

CONVERSATIONS = [f"c{number}" for number in range(40)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


class Carnage:
    """Keeps three workers alive although each is made to die, and counts the deaths."""

    def __init__(self, url: str, points: tuple[str, ...], kind: Kind) -> None:
        self.deaths: Counter[str] = Counter()
        self._url = url
        self._points = points
        self._kind = kind
        self._random = random.Random(7)
        self._workers: list[tuple[BaseProcess, str]] = []
        self._started = 0

    async def run(self, kills: int) -> None:
        while self.deaths.total() < kills:
            for worker, point in [pair for pair in self._workers if not pair[0].is_alive()]:
                worker.join()
                assert worker.exitcode == -signal.SIGKILL
                self.deaths[point] += 1
                self._workers.remove((worker, point))
            while len(self._workers) < 3:
                # Turn about, so that each point gets its share whatever the count.
                point = self._points[self._started % len(self._points)]
                self._start(point, f"{point}={self._random.randint(1, 8)}")
            await asyncio.sleep(0.01)

    def finish(self) -> None:
        """Kill what is armed still, and start two workers that live."""
        self.stop()
        self._start("", "")
        self._start("", "")

    def stop(self) -> None:
        for worker, _ in self._workers:
            worker.kill()
            worker.join()
        self._workers.clear()

    def _start(self, point: str, failpoints: str) -> None:
        self._started += 1
        worker = start(self._url, f"w{self._started}", failpoints, self._kind)
        self._workers.append((worker, point))


async def _talk(journal: Journal, over: asyncio.Event) -> dict[str, list[str]]:
    """Let customers talk until ``over``; return the turns of each conversation in order."""
    said_in: dict[str, list[str]] = {name: [] for name in CONVERSATIONS}
    for name in CONVERSATIONS:
        await journal.publish("acme", started(name), producer="chat", seq=1)
    turns = random.Random(11)
    while not over.is_set():
        name = turns.choice(CONVERSATIONS)
        said_in[name].append(f"t{len(said_in[name])}")
        turn = said(name, said_in[name][-1])
        await journal.publish("acme", turn, producer="chat", seq=len(said_in[name]) + 1)
        await asyncio.sleep(0.004)
    return said_in


async def _analysed(journal: Journal, name: str, turns: list[str]) -> list[str]:
    """Return what was analysed once the last turn was, and the conversation is silent."""
    events = []
    if turns:
        async for event in journal.tail("acme", name):
            events.append(event)
            if turns_analysed(events[-1:]) == turns[-1:]:
                break
    return turns_analysed(await journal.read("acme", name))


async def _survive(
    server: RedisServer, kills: int, points: tuple[str, ...], *, kind: Kind = "sound"
) -> tuple[Counter[str], dict[str, list[str]], dict[str, list[str]]]:
    carnage = Carnage(server.url, points, kind)
    try:
        async with Journal.open(server.url) as journal, asyncio.TaskGroup() as tasks:
            over = asyncio.Event()
            talk = tasks.create_task(_talk(journal, over))
            await carnage.run(kills)
            over.set()
            expected = await talk
            carnage.finish()
            found = {
                name: await _analysed(journal, name, turns) for name, turns in expected.items()
            }
    finally:
        carnage.stop()
    return carnage.deaths, expected, found


async def test_a_hundred_deaths_lose_double_and_reorder_nothing(server: RedisServer) -> None:
    deaths, expected, found = await _survive(server, 102, POINTS)

    assert found == expected
    assert deaths.total() >= 100
    assert min(deaths[point] for point in POINTS) >= 20
    assert sum(map(len, expected.values())) > 300


async def test_acknowledging_after_publishing_fails_the_same_test(server: RedisServer) -> None:
    _, expected, found = await _survive(server, 12, (BETWEEN,), kind="careless")

    doubled = sum(len(turns) - len(set(turns)) for turns in found.values())
    assert doubled >= 6
    assert {name: list(dict.fromkeys(turns)) for name, turns in found.items()} == expected


async def test_a_frozen_owner_commits_nothing_when_it_wakes(server: RedisServer) -> None:
    async with Journal.open(server.url) as journal:
        # Two commits, the start of the conversation and the stale one, and it is gone.
        frozen = start(server.url, "frozen", "journal.consume.after_commit=2", "stalling")
        other = None
        try:
            await journal.publish("acme", started("c"), producer="chat", seq=1)
            await journal.publish("acme", said("c", "t0"), producer="chat", seq=2)
            await eventually(lambda: _has(journal, "handling"))
            os.kill(frozen.pid or 0, signal.SIGSTOP)
            other = start(server.url, "other")
            assert await _analysed(journal, "c", ["t0"]) == ["t0"]
            await asyncio.sleep(3 * POLICY.lease_s)
            await journal.redis.set("go", "1")
            os.kill(frozen.pid or 0, signal.SIGCONT)
            await asyncio.to_thread(frozen.join, 10)
            assert frozen.exitcode == -signal.SIGKILL
            await journal.publish("acme", said("c", "t1"), producer="chat", seq=3)
            assert await _analysed(journal, "c", ["t1"]) == ["t0", "t1"]
        finally:
            for worker in filter(None, (frozen, other)):
                worker.kill()
                worker.join()


async def _has(journal: Journal, key: str) -> bool:
    return bool(await journal.redis.exists(key))
