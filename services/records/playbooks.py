"""Each tenant's own playbook with its versions, and a feed of changes that assistants follow."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from redis.asyncio import Redis

from services.contracts.base import Contract, Timestamp
from services.records.keys import key

TOUCHED = "/playbooks/touched"
"""Sorted set of tenants by when their playbook last changed, for assistants, who serve them all."""

_CLOCK = "/playbooks/clock"
_ASSISTANTS = "/playbooks/assistants"
"""Sorted set of the assistants by when they last said that they live."""

MOST_VERSIONS = 50
"""Versions kept of a tenant's playbook; the one in force is always among them."""

ALIVE_S = 12.0
"""After so long without a word an assistant counts as gone."""

Note = Annotated[str, StringConstraints(max_length=200)]
Media = Literal["application/yaml", "application/json"]


class PlaybookVersion(Contract):
    """A version of a tenant's playbook; ``author`` is the subject of the token that wrote it."""

    number: Annotated[int, Field(ge=1)]
    digest: str
    created_at: Timestamp
    author: str
    bytes: Annotated[int, Field(ge=0)]
    media_type: Media
    note: Note | None = None
    restored_from: int | None = None


class Confusion(Contract):
    """An intent of whose examples a ``share``, in [0, 1], is read as others, mostly ``taken_for``.

    Each example is left out in turn, so that only the others speak for it.
    """

    intent: str
    taken_for: str
    share: float


class FittedState(Contract):
    """What one assistant serves a tenant: ``version`` 0 is the built-in playbook.

    ``failed`` is a version that could not be loaded; the one served is then an earlier one.
    """

    version: Annotated[int, Field(ge=0)]
    since: Timestamp
    failed: int | None = None
    reason: str | None = None
    confusions: tuple[Confusion, ...] = ()


@dataclass(frozen=True)
class ActivePlaybook:
    """What is in force: ``version`` is ``None`` while it is the built-in one.

    ``changed_at`` is when it came into force, ``None`` when nothing ever did.
    """

    version: PlaybookVersion | None
    changed_at: datetime | None

    @property
    def number(self) -> int:
        """Return the version's number, 0 for the built-in one."""
        return self.version.number if self.version else 0

    @property
    def seen(self) -> str:
        """Return what tells this state from any other of the tenant."""
        return f"{self.number} {self.changed_at.isoformat() if self.changed_at else ''}"


@dataclass(frozen=True)
class NewPlaybook:
    """A playbook to put in force: its text, who wrote it, and the names of its intents."""

    text: bytes
    media_type: Media
    author: str
    labels: Mapping[str, Any]
    note: str | None = None
    restored_from: int | None = None

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text, in hexadecimal."""
        return sha256(self.text).hexdigest()


# A version, its text and its being in force come together or not at all. Texts are kept once, by
# their digest: going back to a version makes a new one and no second text.
_PUT = """
local state = redis.call('HMGET', KEYS[1], 'active', 'changed_at')
local active, changed = state[1] or '0', state[2] or ''
if active ~= '0' then
  local meta = cjson.decode(redis.call('HGET', KEYS[2], active))
  if meta.digest == ARGV[3] and meta.media_type == ARGV[8] then return {active, 0} end
end
if ARGV[1] ~= '' and ARGV[1] ~= active .. ' ' .. changed then return {-1, 0} end
local number = redis.call('HINCRBY', KEYS[1], 'last', 1)
redis.call('HSET', KEYS[2], number, ARGV[2])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
redis.call('HSET', KEYS[4], ARGV[3], ARGV[5])
redis.call('HSET', KEYS[1], 'active', number, 'changed_at', ARGV[6])
local oldest = number - tonumber(ARGV[9])
if redis.call('HDEL', KEYS[2], oldest) == 1 then
  local used = {}
  for _, body in ipairs(redis.call('HVALS', KEYS[2])) do used[cjson.decode(body).digest] = true end
  for _, digest in ipairs(redis.call('HKEYS', KEYS[3])) do
    if not used[digest] then
      redis.call('HDEL', KEYS[3], digest)
      redis.call('HDEL', KEYS[4], digest)
    end
  end
end
redis.call('ZADD', KEYS[5], redis.call('INCR', KEYS[6]), ARGV[7])
return {number, 1}
"""

_RESET = """
local state = redis.call('HMGET', KEYS[1], 'active', 'changed_at')
local active, changed = state[1] or '0', state[2] or ''
if active == '0' then return 0 end
if ARGV[1] ~= '' and ARGV[1] ~= active .. ' ' .. changed then return -1 end
redis.call('HSET', KEYS[1], 'active', 0, 'changed_at', ARGV[2])
redis.call('ZADD', KEYS[5], redis.call('INCR', KEYS[6]), ARGV[3])
return 1
"""

_ACTIVE = """
local state = redis.call('HMGET', KEYS[1], 'active', 'changed_at')
if not state[1] then return {} end
if state[1] == '0' then return {state[1], state[2]} end
local body = redis.call('HGET', KEYS[2], state[1])
if ARGV[1] == '' then return {state[1], state[2], body} end
return {state[1], state[2], body, redis.call('HGET', KEYS[3], cjson.decode(body).digest)}
"""


class PlaybookRecords:
    """The playbooks of every tenant. They are kept until fifty newer versions have come."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put = redis.register_script(_PUT)
        self._reset = redis.register_script(_RESET)
        self._active = redis.register_script(_ACTIVE)

    async def active(self, tenant: str) -> ActivePlaybook:
        """Return what is in force."""
        return (await self._read(tenant, ""))[0]

    async def active_text(self, tenant: str) -> tuple[ActivePlaybook, bytes]:
        """Return what is in force and its text, which is empty for the built-in playbook."""
        return await self._read(tenant, "text")

    async def _read(self, tenant: str, what: str) -> tuple[ActivePlaybook, bytes]:
        found: Any = await self._active(keys=_keys(tenant), args=[what])
        if not found:
            return ActivePlaybook(None, None), b""
        changed_at = datetime.fromisoformat(found[1])
        if len(found) == 2:
            return ActivePlaybook(None, changed_at), b""
        version = _version(found[0], found[2])
        return ActivePlaybook(version, changed_at), _unpacked(found[3]) if what else b""

    async def put(
        self, tenant: str, new: NewPlaybook, now: datetime, *, over: ActivePlaybook | None = None
    ) -> tuple[PlaybookVersion, bool] | None:
        """Put a playbook in force; the flag says whether that changed anything.

        The text that is in force already makes no new version, whatever was expected: a call that
        is sent again is answered as before. ``None`` when ``over`` is not what is in force now.
        """
        meta = {
            "digest": new.digest,
            "created_at": now.isoformat(),
            "author": new.author,
            "bytes": len(new.text),
            "media_type": new.media_type,
            "note": new.note,
            "restored_from": new.restored_from,
        }
        body = json.dumps(meta)
        number, changed = await self._put(
            keys=_keys(tenant),
            args=[
                "" if over is None else over.seen,
                body,
                new.digest,
                _packed(new.text),
                json.dumps(new.labels),
                now.isoformat(),
                tenant,
                new.media_type,
                MOST_VERSIONS,
            ],
        )
        if int(number) < 0:
            return None
        if changed:
            return _version(number, body), True
        kept = await self.version(tenant, int(number))
        return None if kept is None else (kept, False)

    async def reset(
        self, tenant: str, now: datetime, *, over: ActivePlaybook | None = None
    ) -> bool | None:
        """Go back to the built-in playbook; the versions are kept, so that one may be restored.

        False when it was in force already; ``None`` when ``over`` is not what is in force now.
        """
        expected = "" if over is None else over.seen
        done = int(await self._reset(keys=_keys(tenant), args=[expected, now.isoformat(), tenant]))
        return None if done < 0 else bool(done)

    async def versions(self, tenant: str) -> Sequence[PlaybookVersion]:
        """Return the versions that are kept, newest first."""
        found: Any = await self._redis.hgetall(key(tenant, "playbook", "versions"))
        kept = [_version(number, body) for number, body in found.items()]
        return sorted(kept, key=lambda version: -version.number)

    async def version(self, tenant: str, number: int) -> PlaybookVersion | None:
        """Return one version, ``None`` when there is none or it is no longer kept."""
        body = await self._redis.hget(key(tenant, "playbook", "versions"), str(number))
        return None if body is None else _version(number, str(body))

    async def text(self, tenant: str, version: PlaybookVersion) -> bytes | None:
        """Return a version's text, ``None`` when it is no longer kept."""
        packed = await self._redis.hget(key(tenant, "playbook", "texts"), version.digest)
        return None if packed is None else _unpacked(str(packed))

    async def labels(self, tenant: str) -> dict[str, Any]:
        """Return the names of the intents of every version kept, newer names over older ones.

        Conversations that are open hold intents of a version that is in force no more.
        """
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(key(tenant, "playbook", "versions"))
            pipe.hgetall(key(tenant, "playbook", "labels"))
            versions, labels = await pipe.execute()
        kept = sorted((_version(number, body) for number, body in versions.items()), key=_number)
        merged: dict[str, Any] = {}
        for version in kept:
            merged |= json.loads(labels.get(version.digest, "{}"))
        return merged

    async def touched(self, after: int) -> Sequence[tuple[str, int]]:
        """Return the tenants whose playbook changed after ``after``, with when, in order."""
        found: Any = await self._redis.zrange(
            TOUCHED, f"({after}", "+inf", byscore=True, withscores=True
        )
        return [(str(tenant), int(score)) for tenant, score in found]

    async def report(self, tenant: str, assistant: str, state: FittedState | None) -> None:
        """Say what an assistant serves a tenant; ``None`` when it has put it away."""
        name = key(tenant, "playbook", "fitted")
        if state is None:
            await self._redis.hdel(name, assistant)
        else:
            await self._redis.hset(name, assistant, state.model_dump_json())

    async def live(self, assistant: str, now: datetime) -> None:
        """Say that an assistant lives, and forget those that have not said so for long."""
        stamp = now.timestamp()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zadd(_ASSISTANTS, {assistant: stamp})
            pipe.zremrangebyscore(_ASSISTANTS, "-inf", stamp - 10 * ALIVE_S)
            await pipe.execute()

    async def gone(self, assistant: str) -> None:
        """Say that an assistant has ended."""
        await self._redis.zrem(_ASSISTANTS, assistant)

    async def fitted(self, tenant: str, now: datetime) -> Mapping[str, FittedState | None]:
        """Return what each assistant that lives serves the tenant.

        ``None`` for one that has not been asked by this tenant yet; what gone ones said is erased.
        """
        name = key(tenant, "playbook", "fitted")
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrange(_ASSISTANTS, f"({now.timestamp() - ALIVE_S}", "+inf", byscore=True)
            pipe.hgetall(name)
            alive, said = await pipe.execute()
        gone = set(said) - set(alive)
        if gone:
            await self._redis.hdel(name, *gone)
        return {
            assistant: FittedState.model_validate_json(said[assistant])
            if assistant in said
            else None
            for assistant in sorted(alive)
        }


def _number(version: PlaybookVersion) -> int:
    return version.number


def _version(number: str | int, body: str) -> PlaybookVersion:
    return PlaybookVersion(number=int(number), **json.loads(body))


def _packed(text: bytes) -> str:
    return base64.b64encode(zlib.compress(text)).decode()


def _unpacked(packed: str) -> bytes:
    return zlib.decompress(base64.b64decode(packed))


def _keys(tenant: str) -> list[str]:
    names = ("versions", "texts", "labels")
    own = (key(tenant, "playbook"), *(key(tenant, "playbook", name) for name in names))
    return [*own, TOUCHED, _CLOCK]
