"""The real assist worker dies a hundred times: no turn is lost, read twice or read out of order."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.contracts.conversation import Turn
from services.contracts.events import (
    ConversationEvent,
    SuggestionOfferedEvent,
    SuggestionWithdrawnEvent,
    TurnAnalysedEvent,
    TurnFinalEvent,
)
from services.demo.stories import STORY_IDS, load_story
from services.journal.journal import Journal
from tests.fakes.assist_worker import Kind, Zygote, zygote
from tests.fakes.journal_events import started, turns_analysed
from tests.fakes.journal_worker import BETWEEN, POINTS
from tests.fakes.redis_server import RedisServer, redis_server

CONVERSATIONS = [f"c{number}" for number in range(24)]
PAUSE_S = 0.02
"""Between two turns of the whole floor: about what one core can read."""

LINES = [
    turn
    for story in STORY_IDS
    for turn in load_story(story, datetime.now(UTC).date()).script.turns
    if turn.role != "bot"
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


class Carnage:
    """Keeps three workers alive although each is made to die, and counts the deaths."""

    def __init__(self, workers: Zygote, points: tuple[str, ...], kind: Kind) -> None:
        self.deaths: Counter[str] = Counter()
        self._workers = workers
        self._points = points
        self._kind = kind
        self._random = random.Random(7)
        self._alive: dict[str, str] = {}
        self._started = 0

    async def run(self, kills: int) -> None:
        while self.deaths.total() < kills:
            for owner, code in self._workers.deaths():
                assert code == -signal.SIGKILL
                self.deaths[self._alive.pop(owner)] += 1
            while len(self._alive) < 3:
                # Turn about, so that each point gets its share whatever the count.
                point = self._points[self._started % len(self._points)]
                self._start(point, f"{point}={self._random.randint(1, 6)}")
            await asyncio.sleep(0.005)

    def finish(self) -> None:
        """Start a worker that lives; those that are armed may die yet."""
        self._start("", "")

    def _start(self, point: str, failpoints: str) -> None:
        self._started += 1
        owner = f"w{self._started}"
        self._alive[owner] = point
        self._workers.start(owner, failpoints, self._kind)


async def _talk(journal: Journal, over: asyncio.Event) -> dict[str, list[str]]:
    """Let people talk until ``over``; return the turns of each conversation in order."""
    said_in: dict[str, list[str]] = {name: [] for name in CONVERSATIONS}
    for name in CONVERSATIONS:
        await journal.publish("acme", started(name), producer="chat", seq=1)
    turns = random.Random(11)
    while not over.is_set():
        name = turns.choice(CONVERSATIONS)
        number = len(said_in[name])
        said_in[name].append(f"t{number}")
        await journal.publish("acme", _said(name, number), producer="chat", seq=number + 2)
        await asyncio.sleep(PAUSE_S)
    return said_in


def _said(name: str, number: int) -> TurnFinalEvent:
    line = LINES[(CONVERSATIONS.index(name) * 5 + number) % len(LINES)]
    turn = Turn(
        id=f"t{number}",
        role=line.role,
        text=line.text,
        start_ms=4_000 * number,
        end_ms=4_000 * number,
        final=True,
        channel="chat",
    )
    return TurnFinalEvent(conversation_id=name, time=datetime.now(UTC), data=turn)


async def _settled(journal: Journal, name: str, turns: list[str]) -> list[ConversationEvent]:
    """Return the conversation's events once its last turn was read."""
    seen: list[ConversationEvent] = []
    if turns:
        async for event in journal.tail("acme", name):
            seen.append(event)
            if turns_analysed(seen[-1:]) == turns[-1:]:
                break
    return await journal.read("acme", name)


def _cards_offered_twice(events: list[ConversationEvent]) -> int:
    """Count the offers of a card that was on the screen already, in the same way."""
    shown: dict[str, bool] = {}
    twice = 0
    for envelope in events:
        event = envelope.event
        if isinstance(event, SuggestionWithdrawnEvent):
            shown.pop(event.data.suggestion_id, None)
        elif isinstance(event, SuggestionOfferedEvent):
            name = event.data.suggestion.id
            twice += event.type == "suggestion.offered" and shown.get(name) == event.data.held
            shown[name] = event.data.held
    return twice


async def _survive(
    server: RedisServer, kills: int, points: tuple[str, ...], kind: Kind
) -> tuple[Counter[str], dict[str, list[str]], dict[str, list[ConversationEvent]]]:
    with zygote(server.url) as workers:
        carnage = Carnage(workers, points, kind)
        async with Journal.open(server.url) as journal, asyncio.TaskGroup() as tasks:
            over = asyncio.Event()
            talk = tasks.create_task(_talk(journal, over))
            await carnage.run(kills)
            over.set()
            expected = await talk
            carnage.finish()
            found = {name: await _settled(journal, name, turns) for name, turns in expected.items()}
    return carnage.deaths, expected, found


@pytest.mark.timeout(180)  # the first run of all embeds the playbook
async def test_a_hundred_deaths_of_the_assistant_lose_double_and_reorder_nothing(
    server: RedisServer,
) -> None:
    deaths, expected, found = await _survive(server, 102, POINTS, "sound")

    assert {name: turns_analysed(events) for name, events in found.items()} == expected
    assert deaths.total() >= 100
    assert min(deaths[point] for point in POINTS) >= 20
    assert sum(map(len, expected.values())) > 100  # as many as a machine gets through meanwhile
    assert any(e.event.type == "suggestion.offered" for events in found.values() for e in events)
    assert sum(_cards_offered_twice(events) for events in found.values()) == 0
    for events in found.values():
        roles = {e.event.data.id: e.event.data.role for e in events if e.event.type == "turn.final"}
        for event in events:
            if isinstance(event.event, TurnAnalysedEvent):
                customers = roles[event.event.data.turn_id] == "customer"
                assert ("sentiment" in event.event.data.predictions) is customers


@pytest.mark.timeout(180)
async def test_an_assistant_that_acknowledges_after_publishing_fails_the_same_test(
    server: RedisServer,
) -> None:
    _, expected, found = await _survive(server, 12, (BETWEEN,), "careless")

    read = {name: turns_analysed(events) for name, events in found.items()}
    assert sum(len(turns) - len(set(turns)) for turns in read.values()) >= 6
    assert {name: list(dict.fromkeys(turns)) for name, turns in read.items()} == expected
