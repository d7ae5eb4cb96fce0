"""A real Souffleur in a process of its own, started by its own command, for end-to-end tests."""

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

SPEECH_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "souffleur-tests"


@dataclass
class Stack:
    """A running ``souffleur`` command; ``lines`` and ``log`` grow as it prints."""

    process: subprocess.Popen[str]
    data_dir: Path
    lines: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return self._found(r"listens on (http\S+)")

    @property
    def panel(self) -> str:
        return self._found(r"Panel: (http\S+)")

    def token(self, role: str, tenant: str = "demo", subject: str = "test") -> str:
        command = [*SOUFFLEUR, "token", "--tenant", tenant, "--role", role, "--subject", subject]
        command += ["--data-dir", str(self.data_dir)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def stop(self, number: int = signal.SIGINT, within_s: float = 20) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(within_s)

    def _found(self, pattern: str) -> str:
        for line in self.lines:
            if match := re.search(pattern, line):
                return match[1]
        raise AssertionError("\n".join([*self.lines, *self.log[-20:]]))


SOUFFLEUR = [sys.executable, "-m", "services.cli"]


def start(data_dir: Path, *arguments: str, wait_s: float = 120, **environment: str) -> Stack:
    """Start ``souffleur ARGUMENTS --data-dir data_dir`` and wait until it says where it listens.

    The speech model comes from a cache shared by all test runs, so that it is downloaded once.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    (SPEECH_CACHE / "models").mkdir(parents=True, exist_ok=True)
    if not (data_dir / "models").exists():
        (data_dir / "models").symlink_to(SPEECH_CACHE / "models")
    process = subprocess.Popen(
        [*SOUFFLEUR, *arguments, "--data-dir", str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
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
        threading.Thread(target=target, daemon=True).start()
    if not stack.ready.wait(wait_s) or process.poll() is not None:
        process.kill()
        message = "\n".join([*stack.lines, *stack.log[-30:]])
        raise AssertionError(f"souffleur did not start:\n{message}")
    return stack
