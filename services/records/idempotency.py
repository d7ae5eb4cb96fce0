"""Answers kept for a day, so that a request sent again under its Idempotency-Key is done once."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from redis.asyncio import Redis

from services.kit.sealing import Sealer
from services.records.keys import key

KEPT = timedelta(hours=24)

RUNNING = timedelta(minutes=2)
"""A request that has neither ended nor failed by then died with its gateway."""

Subject = tuple[Literal["conversation", "customer"], str]
"""Whose data an answer holds: with them it is erased."""


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Begun:
    """What is known of a request when it comes in.

    ``fresh`` - nobody else works on it; ``running`` - somebody does; ``other`` - the key was used
    for another request; ``kept`` - it is done, ``answer`` says how and ``fingerprint`` for what.
    """

    state: Literal["fresh", "running", "other", "kept"]
    answer: Answer | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Claim:
    """One request under its key: ``who`` sent it and a ``token`` of this attempt."""

    tenant: str
    who: str
    idempotency_key: str
    token: str

    @property
    def digest(self) -> str:
        """Name of the request: the same for each attempt, different for each caller."""
        text = "\n".join((self.tenant, self.who, self.idempotency_key))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The key of its record."""
        return key(self.tenant, "answer", self.digest)


class Answers:
    """The kept answers of every tenant. They hold what was said and secrets: they are sealed."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._begin = redis.register_script(_BEGIN)
        self._keep = redis.register_script(_KEEP)
        self._release = redis.register_script(_RELEASE)

    async def begin(
        self, claim: Claim, fingerprint: str | None, running: timedelta = RUNNING
    ) -> Begun:
        """Claim a request; with no ``fingerprint`` (not read yet) it is compared by the caller."""
        state, sealed, known = await self._begin(
            keys=[claim.name], args=[claim.token, fingerprint or "", _milliseconds(running)]
        )
        if state != "kept":
            return Begun(state)
        status, headers, body = json.loads(self._sealer.open(str(sealed)))
        return Begun("kept", Answer(status, headers, body), str(known))

    async def keep(
        self, claim: Claim, fingerprint: str, answer: Answer, subject: Subject | None
    ) -> None:
        """Keep the answer of a claimed request, to be found by whose it is."""
        sealed = self._sealer.seal(json.dumps([answer.status, answer.headers, answer.body]))
        keys = [claim.name] if subject is None else [claim.name, _of(claim.tenant, subject)]
        await self._keep(keys=keys, args=[claim.token, sealed, fingerprint, _milliseconds(KEPT)])

    async def release(self, claim: Claim) -> None:
        """Give a claim back: the request changed nothing, it may be sent again."""
        await self._release(keys=[claim.name], args=[claim.token])

    async def erase(self, tenant: str, subject: Subject) -> int:
        """Erase the answers that hold a subject's data; returns how many."""
        names = [str(name) for name in await self._redis.smembers(_of(tenant, subject))]
        erased = await self._redis.delete(*names) if names else 0
        await self._redis.delete(_of(tenant, subject))
        return int(erased)


_BEGIN = """
local known = redis.call('HMGET', KEYS[1], 'token', 'answer', 'fingerprint')
if not known[1] then
  redis.call('HSET', KEYS[1], 'token', ARGV[1], 'fingerprint', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {'fresh', '', ''}
end
if ARGV[2] ~= '' and known[3] ~= '' and known[3] ~= ARGV[2] then return {'other', '', ''} end
if known[2] then return {'kept', known[2], known[3]} end
return {'running', '', ''}
"""

_KEEP = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'answer', ARGV[2], 'fingerprint', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if KEYS[2] then
  redis.call('SADD', KEYS[2], KEYS[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return 1
"""

_RELEASE = """
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


def _of(tenant: str, subject: Subject) -> str:
    return key(tenant, *subject, "answers")


def _milliseconds(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)
