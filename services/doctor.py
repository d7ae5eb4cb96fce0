"""What ``souffleur doctor`` looks at: settings, Redis, models, playbook, port."""

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import redis

from services.assist.playbooks import load_playbook
from services.journal.embedded import redis_server_path
from services.kit import modelstore
from services.kit.errors import SouffleurError
from services.kit.identity import check_identity
from services.kit.sealing import sealer
from services.kit.settings import Settings

_LEAST_DISK = 500_000_000
"""Bytes: the speech model twice while it is unpacked, and a day of journal."""

_LEAST_REDIS = 7
"""Major version whose commands and scripts the journal uses."""

_HIDDEN = ("secret", "token", "redis_url")
"""Settings whose names hold one of these may carry a password."""


@dataclass(frozen=True)
class Line:
    """One finding; ``detail`` says what to do when it is not sound."""

    sound: bool
    subject: str
    detail: str


def examine(settings: Settings) -> Iterator[Line]:
    """Yield one line for each thing that Souffleur needs."""
    for name, value in settings.model_dump().items():
        hidden = value and any(part in name for part in _HIDDEN)
        yield Line(True, f"SOUFFLEUR_{name.upper()}", "(hidden)" if hidden else str(value))
    yield _identity(settings)
    yield _redis(settings)
    yield from _models(settings)
    yield _playbook(settings)
    yield _disk(settings)
    yield _port(settings)


def _identity(settings: Settings) -> Line:
    try:
        check_identity(settings)
        if settings.secrets_key or settings.env == "production":
            sealer(settings)  # otherwise it would make a key: looking changes nothing
    except SouffleurError as error:
        return Line(False, "identity", str(error))
    who = f"tokens of {settings.issuer}" if settings.issuer else "development tokens only"
    return Line(True, "identity", who)


def _redis(settings: Settings) -> Line:
    if settings.redis_url:
        return _given_redis(settings.redis_url)
    try:
        return Line(True, "redis", f"private, {redis_server_path()}")
    except SouffleurError as error:
        return Line(False, "redis", str(error))


def _given_redis(url: str) -> Line:
    """Ask the server once. What it says may quote the URL, and with it a password: not shown."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            version = str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError, OSError) as error:
        advice = f"no answer ({type(error).__name__}); check SOUFFLEUR_REDIS_URL"
        return Line(False, "redis", advice)
    new_enough = int(version.partition(".")[0]) >= _LEAST_REDIS
    advice = "" if new_enough else f"; Souffleur needs {_LEAST_REDIS}.0 or newer"
    return Line(new_enough, "redis", f"given by SOUFFLEUR_REDIS_URL, version {version}{advice}")


def _models(settings: Settings) -> Iterator[Line]:
    try:
        for row in modelstore.list_models(settings.data_dir):
            advice = "" if row.state == "verified" else f"; run: souffleur models fetch {row.name}"
            yield Line(row.state == "verified", f"model {row.name}", row.state + advice)
    except SouffleurError as error:
        yield Line(False, "models", str(error))


def _playbook(settings: Settings) -> Line:
    try:
        playbook = load_playbook(settings.playbook)
    except SouffleurError as error:
        return Line(False, "playbook", str(error))
    counts = f"{len(playbook.intents)} intents, {len(playbook.actions)} actions"
    return Line(True, "playbook", f"{playbook.id}: {counts}")


def _disk(settings: Settings) -> Line:
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Line(free > _LEAST_DISK, "disk", f"{free / 1e9:.1f} GB free in {place}")


def _port(settings: Settings) -> Line:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            advice = f"{error.strerror}; choose another with --port"
            return Line(False, f"port {settings.port}", advice)
    return Line(True, f"port {settings.port}", "free")
