"""Numbers used once: whether a signed request has been seen before, by any gateway."""

import hashlib

from redis.asyncio import Redis

REMEMBERED_S = 60
"""Longer than any signature holds."""


class Nonces:
    """The nonces of the last minute."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def fresh(self, who: str, nonce: str) -> bool:
        """Say whether ``nonce`` of ``who`` is new, and remember it."""
        digest = hashlib.sha256(f"{who}\n{nonce}".encode()).hexdigest()
        return bool(await self._redis.set(f"/gateway/nonce/{digest}", 1, nx=True, ex=REMEMBERED_S))
