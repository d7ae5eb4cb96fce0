"""Which playbook serves whom, and when: real records, fitting that a test holds back or breaks."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.assist.measures import PlaybookMeasures
from services.assist.playbooks import serving
from services.assist.playbooks.fitting import FittedPlaybook
from services.assist.playbooks.serving import TenantPlaybooks
from services.contracts.playbook import Playbook
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.clock import SYSTEM_CLOCK
from services.kit.metrics import Metrics
from services.records.playbooks import Confusion, PlaybookRecords
from tests.fakes.eventually import eventually
from tests.fakes.tenant_books import new


@dataclass
class Fitter:
    """Fits at once, unless a test holds it back or wants it to fail; keeps what was fitted."""

    fitted: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def fit(self, playbook: Playbook, version: int) -> FittedPlaybook:
        name = f"{playbook.actions[0].id}@{version}"
        self.fitted.append(name)
        if name in self.held:
            await self.go_on.wait()
        if name in self.failing:
            raise ValueError(name)
        return FittedPlaybook(None, (), version, name)  # type: ignore[arg-type]  # nobody reads

    async def confusions(self, playbook: Playbook) -> tuple[Confusion, ...]:
        action = playbook.actions[0].id
        return (Confusion(intent=action, taken_for="late", share=0.5),) if action == "dim" else ()


BUILT_IN = FittedPlaybook(None, (), 0, "built-in")  # type: ignore[arg-type]


@dataclass
class Bench:
    """An assistant's playbooks over real records."""

    records: PlaybookRecords
    fitter: Fitter
    metrics: Metrics = field(default_factory=Metrics)

    @asynccontextmanager
    async def running(self, name: str = "a", most: int = 64) -> AsyncIterator[TenantPlaybooks]:
        self.metrics = Metrics()
        playbooks = TenantPlaybooks(
            self.records,
            self.fitter,  # type: ignore[arg-type]
            BUILT_IN,
            name,
            SYSTEM_CLOCK,
            PlaybookMeasures(self.metrics),
            most=most,
        )
        async with playbooks.running():
            yield playbooks

    async def put(self, tenant: str, *actions: str) -> None:
        for action in actions:
            assert await self.records.put(tenant, new(action), datetime.now(UTC))

    async def states(self, tenant: str) -> dict[str, tuple[int, int | None] | None]:
        found = await self.records.fitted(tenant, datetime.now(UTC))
        return {
            name: (state.version, state.failed) if state else None for name, state in found.items()
        }


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(serving, "LOOK_S", 0.02)
    monkeypatch.setattr(serving, "PAUSE_S", 0.05)
    async with embedded_redis(tmp_path / "redis") as url, Journal.open(url) as journal:
        yield Bench(PlaybookRecords(journal.redis), Fitter())


def served(playbooks: TenantPlaybooks, tenant: str) -> str | None:
    ready = playbooks.ready(tenant)
    return ready.name if ready else None


async def until(playbooks: TenantPlaybooks, tenant: str, name: str) -> None:
    async def there() -> bool:
        return served(playbooks, tenant) == name

    await eventually(there)


async def test_the_old_one_serves_until_the_new_one_is_fitted(bench: Bench) -> None:
    bench.fitter.held = {"one@1", "two@2"}
    async with bench.running() as playbooks:
        assert served(playbooks, "red") == "built-in"
        await bench.put("red", "one")
        await eventually(lambda: _has(bench.fitter.fitted, "one@1"))
        assert served(playbooks, "red") == "built-in"
        bench.fitter.go_on.set()
        await until(playbooks, "red", "one@1")
        bench.fitter.go_on.clear()
        await bench.put("red", "two")
        await eventually(lambda: _has(bench.fitter.fitted, "two@2"))
        assert served(playbooks, "red") == "one@1"
        # Another tenant's change does not wait for it, nor one that changed again meanwhile.
        await bench.put("blue", "other")
        await until(playbooks, "blue", "other@1")
        await bench.put("red", "three", "four")
        bench.fitter.go_on.set()
        await until(playbooks, "red", "four@4")
        assert await bench.records.reset("red", datetime.now(UTC))
        await until(playbooks, "red", "built-in")
        assert served(playbooks, "blue") == "other@1"


async def _has(names: Iterable[str], name: str) -> bool:
    return name in names


async def test_a_failing_one_leaves_the_former_and_shows(bench: Bench) -> None:
    await bench.put("red", "one")
    bench.fitter.failing = {"two@2", "bad@1"}
    async with bench.running() as playbooks:
        await until(playbooks, "red", "one@1")
        assert playbooks.degraded is None
        await bench.put("red", "two")
        await bench.put("blue", "bad")

        async def both_failed() -> bool:
            return [await bench.states(name) for name in ("red", "blue")] == [
                {"a": (1, 2)},
                {"a": (0, 1)},
            ]

        await eventually(both_failed)
        assert (served(playbooks, "red"), served(playbooks, "blue")) == ("one@1", "built-in")
        assert playbooks.degraded == "playbook_failed"
        assert b"assist_playbook_failures_total 2.0" in bench.metrics.render()
        await bench.put("red", "three")
        await bench.put("blue", "good")
        await until(playbooks, "red", "three@3")
        await until(playbooks, "blue", "good@2")
        assert playbooks.degraded is None


async def test_after_a_start_a_turn_waits_for_its_own_playbook_and_for_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "WAIT_S", 0.1)
    await bench.put("red", "one")
    for number in range(3):
        await bench.put(f"slow{number}", f"slow{number}")
    bench.fitter.held = {"slow2@1", "one@1"}  # the last one changed is warmed up first
    async with bench.running() as playbooks:
        await eventually(lambda: _has(bench.fitter.fitted, "slow2@1"))
        assert served(playbooks, "red") is None, "not the built-in one: it is not theirs"
        assert await playbooks.fitted("red") is None, "told within the time a panel is promised"
        monkeypatch.setattr(serving, "WAIT_S", 5.0)
        waiting = asyncio.create_task(playbooks.fitted("red"))
        bench.fitter.go_on.set()
        ready = await waiting
        assert ready is not None
        assert ready.name == "one@1"
        assert served(playbooks, "green") == "built-in"


async def test_those_unused_for_longest_are_put_away_and_come_back(bench: Bench) -> None:
    for tenant in ("red", "blue", "green"):
        await bench.put(tenant, tenant)
    async with bench.running(most=2) as playbooks:
        for tenant in ("green", "blue"):  # those that changed last are warmed up
            await until(playbooks, tenant, f"{tenant}@1")
        red = await playbooks.fitted("red")
        assert red is not None
        assert red.name == "red@1"
        assert served(playbooks, "green") is None
        assert await bench.states("green") == {"a": None}
        assert b"assist_playbooks_fitted 2.0" in bench.metrics.render()
        green = await playbooks.fitted("green")
        assert green is not None
        assert green.name == "green@1"


async def test_each_assistant_says_what_it_serves_and_is_forgotten_when_it_ends(
    bench: Bench,
) -> None:
    await bench.put("red", "one")
    async with bench.running("a") as first, bench.running("b") as second:
        await until(first, "red", "one@1")
        await until(second, "red", "one@1")

        async def both() -> bool:
            return await bench.states("red") == {"a": (1, None), "b": (1, None)}

        await eventually(both)
    assert await bench.states("red") == {}


async def test_what_is_taken_for_another_is_told_once_it_serves(bench: Bench) -> None:
    async with bench.running() as playbooks:
        await bench.put("red", "dim")
        await until(playbooks, "red", "dim@1")

        async def told() -> bool:
            [state] = (await bench.records.fitted("red", datetime.now(UTC))).values()
            return bool(state and [each.intent for each in state.confusions] == ["dim"])

        await eventually(told)
        await bench.put("red", "clear")
        await until(playbooks, "red", "clear@2")

        async def forgotten() -> bool:
            return not await told() and await bench.states("red") == {"a": (2, None)}

        await eventually(forgotten)


async def test_a_turn_costs_no_question_to_redis(bench: Bench) -> None:
    await bench.put("red", "one")
    async with bench.running() as playbooks:
        await until(playbooks, "red", "one@1")

        async def asked() -> int:
            stats = await bench.records._redis.info("commandstats")
            return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])

        before = await asked()
        for _ in range(1000):
            playbooks.ready("red")
            playbooks.ready("nobody")
        assert await asked() == before
