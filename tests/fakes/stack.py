"""A real Souffleur in a process of its own, started by its own command, for end-to-end tests."""

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psutil
from websockets.asyncio.client import connect

from services.kit.settings import Settings
from services.kit.tokens import Principal, TokenRole, token_issuer
from tests.fakes.kept import KEPT_DATA_DIR

SPEECH_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "souffleur-tests"


@dataclass
class Stack:
    """A running ``souffleur`` command; ``lines`` and ``log`` grow as it prints."""

    process: subprocess.Popen[str]
    data_dir: Path
    lines: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    readers: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self._found(r"listens on (http\S+)")

    @property
    def panel(self) -> str:
        return self._found(r"Panel: (http\S+)")

    def token(self, role: TokenRole, tenant: str = "demo", hours: float = 1) -> str:
        """Return a token that this stack takes; fewer than no hours: one that has expired."""
        now = datetime.now(UTC) + min(timedelta(hours=hours), timedelta(0)) * 2
        issuer = token_issuer(Settings(data_dir=self.data_dir))
        principal = Principal(tenant, role, "test")
        return issuer.issue(principal, now=now, lifetime=abs(timedelta(hours=hours)))

    def auth(self, role: TokenRole) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role)}"}

    def http(self, role: TokenRole = "admin") -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, headers=self.auth(role), trust_env=False)

    def socket(self, path: str, role: TokenRole = "ingest", **options: Any) -> connect:
        headers = {"additional_headers": self.auth(role)} | options
        address = "ws" + self.url.removeprefix("http") + path
        return connect(address, proxy=None, close_timeout=2, max_size=1 << 22, **headers)

    def adviser(self, conversation_id: str) -> connect:
        return self.socket(f"/v1/adviser/stream?conversation_id={conversation_id}", "adviser")

    def family(self) -> list[psutil.Process]:
        """Return the process and all that it has started."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu_s(self) -> float:
        """Return the CPU seconds that it has used so far, with all that it has started."""
        times = [process.cpu_times() for process in self.family()]
        return sum(each.user + each.system for each in times)

    def stop(self, number: int = signal.SIGINT, within_s: float = 20) -> int:
        """End the process, as Ctrl-C does unless told otherwise; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(within_s)
        for reader in self.readers:
            reader.join(5)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code

    def _found(self, pattern: str) -> str:
        for line in self.lines:
            if match := re.search(pattern, line):
                return match[1]
        raise AssertionError("\n".join([*self.lines, *self.log[-20:]]))


SOUFFLEUR = [sys.executable, "-m", "services.cli"]


def start(
    data_dir: Path, *arguments: str, wait_s: float = 120, kept: bool = True, **environment: str
) -> Stack:
    """Start ``souffleur ARGUMENTS`` with that data directory; wait until it says where it listens.

    The speech model comes from a cache shared by all test runs, so that it is downloaded once; the
    embeddings of the playbook too, unless the start is to be a first one (``kept=False``).
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    shared = {"models": SPEECH_CACHE / "models"}
    if kept:
        shared["embeddings"] = KEPT_DATA_DIR / "embeddings"
    for name, target in shared.items():
        target.mkdir(parents=True, exist_ok=True)
        if not (data_dir / name).exists():
            (data_dir / name).symlink_to(target)
    process = subprocess.Popen(
        [*SOUFFLEUR, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ
        | {"PYTHONUNBUFFERED": "1", "SOUFFLEUR_DATA_DIR": str(data_dir)}
        | environment,
    )
    stack = Stack(process, data_dir)

    def read_output() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            stack.lines.append(line.rstrip())
            if "listens on" in line:
                stack.ready.set()
        stack.ready.set()

    def read_log() -> None:
        assert process.stderr is not None
        stack.log.extend(line.rstrip() for line in process.stderr)

    for target in (read_output, read_log):
        stack.readers.append(threading.Thread(target=target, daemon=True))
        stack.readers[-1].start()
    stack.ready.wait(wait_s)
    if not any("listens on" in line for line in stack.lines):
        stack.stop(signal.SIGKILL)
        message = "\n".join([*stack.lines, *stack.log[-30:]])
        raise AssertionError(f"souffleur did not start:\n{message}")
    return stack
