"""The journal's Lua scripts: loaded on every new connection, together with the epoch check."""

from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from services.journal.keys import EPOCH, RUN
from services.journal.line import Argument, ConnectionLost, Line

_WITH_APPEND = ("ingest", "commit", "read")
_PLAIN = ("lease", "release", "trim", "erase")


def _source(name: str) -> str:
    return files("services.journal").joinpath("scripts", f"{name}.lua").read_text(encoding="utf-8")


@cache
def sources() -> dict[str, str]:
    """Return each script's whole text by name."""
    append = _source("append")
    texts = {name: append + _source(name) for name in _WITH_APPEND}
    return texts | {name: _source(name) for name in _PLAIN}


@cache
def _digests() -> dict[str, str]:
    return {
        name: sha1(text.encode(), usedforsecurity=False).hexdigest()
        for name, text in sources().items()
    }


def script(name: str, keys: tuple[str, ...], *arguments: Argument) -> tuple[Argument, ...]:
    """Return the command that runs a loaded script."""
    return ("EVALSHA", _digests()[name], len(keys), *keys, *arguments)


async def prepare(line: Line) -> None:
    """Raise the epoch if Redis was restarted, and load the scripts, in one transaction.

    Redis 7 forgets scripts when it stops, and a connection never outlives its server, so whatever
    is written on a prepared connection is written under the right epoch.
    """
    answers: list[Any] = await line.send_all(
        [
            ("MULTI",),
            ("EVAL", _source("open"), 2, EPOCH, RUN),
            *(("SCRIPT", "LOAD", text) for text in sources().values()),
            ("EXEC",),
        ]
    )
    for answer in answers[-1]:
        if isinstance(answer, Exception):
            raise ConnectionLost from answer
