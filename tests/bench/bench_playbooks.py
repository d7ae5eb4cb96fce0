"""What tenants' own playbooks cost: seconds to change one, memory of each, CPU of a turn.

    python -m tests.bench.bench_playbooks [--tenants 8] [--changes 5]

Every tenant gets the built-in playbook (as its own), then one of them changes one example and one
title at a time. From the write to the first turn that is read by the new version is what an
administrator waits; CPU is that of the whole process. Prints one JSON object.
"""

import argparse
import asyncio
import ctypes
import gc
import json
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil

from services.assist.app import Assistant
from services.assist.playbooks import load_built_in
from services.contracts.conversation import ConversationStarted, Turn
from services.contracts.events import ConversationStartedEvent, TurnFinalEvent
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.settings import Settings
from services.records.playbooks import NewPlaybook, PlaybookRecords
from tests.fakes.kept import KEPT_DATA_DIR

SAID = "marqué livré hier à 14h, boîte aux lettres vide"

PAUSE_S = 0.1
"""Between two turns of each of the two tenants that talk meanwhile."""

SETTLE_S = 2.0
"""After a playbook serves, what its author may want to know is still being found out."""


class Site:
    """One assistant, and tenants that talk to it."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.records = PlaybookRecords(journal.redis)
        self.talks = 0

    async def put(self, tenant: str, text: bytes) -> int:
        new = NewPlaybook(text, "application/yaml", "bench", {})
        kept = await self.records.put(tenant, new, datetime.now(UTC))
        assert kept is not None
        return kept[0].number

    async def turn(self, tenant: str) -> tuple[str, float]:
        """Say one turn of a new talk; return the playbook that read it, and how long that took."""
        self.talks += 1
        name, now = f"c{self.talks}", datetime.now(UTC)
        began = ConversationStartedEvent(
            conversation_id=name, time=now, data=ConversationStarted(channel="chat")
        )
        turn = Turn(id="t", role="customer", text=SAID, start_ms=0, end_ms=1, channel="chat")
        said = TurnFinalEvent(conversation_id=name, time=now, data=turn)
        await self.journal.publish(tenant, began, producer=name, seq=1)
        started = time.perf_counter()
        await self.journal.publish(tenant, said, producer=name, seq=2)
        async for item in self.journal.tail(tenant, name):
            if item.event.type == "turn.analysed":
                return item.event.data.models["playbook"], time.perf_counter() - started
        raise AssertionError

    async def until_served(self, tenant: str, version: int) -> None:
        while True:
            states = await self.records.fitted(tenant, datetime.now(UTC))
            if any(state and state.version == version for state in states.values()):
                return
            await asyncio.sleep(0.01)


async def measured(site: Site, tenants: int, changes: int) -> dict[str, object]:
    process = psutil.Process()
    trim = ctypes.CDLL(None).malloc_trim  # what was freed goes back to the system: glibc's
    text = load_built_in("general").text
    sizes: list[int] = []
    for number in range(tenants):
        await site.until_served(f"t{number}", await site.put(f"t{number}", text))
        await asyncio.sleep(SETTLE_S)
        gc.collect()
        trim(0)
        sizes.append(process.memory_info().rss)
    waited, cpu, other = [], [], []
    for number in range(changes):
        changed = text.replace(b"je veux", f"je veux {number + 1} fois".encode(), 1)
        used, began = sum(process.cpu_times()[:2]), time.perf_counter()
        version = await site.put("t0", changed + f"\n# {number}\n".encode())
        while True:
            playbook, _ = await site.turn("t0")
            _, took = await site.turn("t1")
            other.append(1000 * took)
            if playbook.endswith(f"@{version}"):
                break
            await asyncio.sleep(PAUSE_S)
        waited.append(time.perf_counter() - began)
        cpu.append(sum(process.cpu_times()[:2]) - used)
    return {
        "tenants": tenants,
        "mib_per_tenant": round((sizes[-1] - sizes[0]) / (tenants - 1) / 2**20, 2),
        "put_to_first_turn_s": [round(each, 2) for each in sorted(waited)],
        "cpu_s_of_a_change_with_turns": round(statistics.median(cpu), 2),
        "other_tenants_turn_ms_meanwhile_p50": round(statistics.median(other), 1),
        "other_tenants_turn_ms_meanwhile_max": round(max(other), 1),
    }


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=8)
    parser.add_argument("--changes", type=int, default=5)
    options = parser.parse_args()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = await stack.enter_async_context(embedded_redis(Path(folder) / "redis"))
        journal = await stack.enter_async_context(Journal.open(url))
        await stack.enter_async_context(Assistant.open(Settings(data_dir=KEPT_DATA_DIR), journal))
        print(json.dumps(await measured(Site(journal), options.tenants, options.changes)))


if __name__ == "__main__":
    asyncio.run(main())
