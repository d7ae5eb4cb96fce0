"""Runs ``souffleur replay --json`` against a running gateway and reads what it prints."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.stack import SOUFFLEUR, Stack


@dataclass(frozen=True)
class Replayed:
    """What a replay printed: the events of the adviser's socket, then the summary."""

    events: list[dict[str, Any]]
    summary: dict[str, Any]

    def of(self, *types: str) -> list[dict[str, Any]]:
        """Return the data of the events of some types, in order."""
        return [event["data"] for event in self.events if event["type"] in types]


async def replayed(stack: Stack, path: Path, *options: str, url: str | None = None) -> Replayed:
    """Replay a file to the end; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *SOUFFLEUR,
        *("replay", str(path), "--json", "--gateway", url or stack.url),
        *("--token", stack.token("admin"), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    *items, last = [json.loads(line) for line in out.decode().splitlines()]
    assert all(set(item) == {"at_ms", "event"} for item in items)
    times = [item["at_ms"] for item in items]
    assert times == sorted(times)
    return Replayed([item["event"] for item in items], last["summary"])
