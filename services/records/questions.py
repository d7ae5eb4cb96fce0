"""Questions that one service asks and another answers, through Redis: any free one takes it."""

import asyncio
import secrets
from dataclasses import dataclass

from pydantic import TypeAdapter
from redis.asyncio import Redis

from services.contracts.knowledge import KnowledgeAnswer, KnowledgeQuery
from services.kit.errors import Unavailable
from services.records.keys import key

WAITING = "/knowledge/questions"
"""A list; whoever answers takes from its head. It is short: a question lives for seconds."""

PATIENCE_S = 3
"""Seconds after which nobody waits for an answer any more."""

_LISTEN_S = 0.5
"""How long one call to Redis waits: less than the client's socket timeout, and a stop is noticed
soon."""

_MOST_WAITING = 200
"""Older questions than so many are dropped: nobody would wait for them."""

_AT_ONCE = 8
"""Questions that one process has waiting; each holds a connection of its pool."""


@dataclass(frozen=True)
class Question:
    """A search that a tenant asked for; ``reply_to`` is the key its answer is awaited at."""

    tenant: str
    reply_to: str
    query: KnowledgeQuery


_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Questions:
    """The asking and the answering side."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._turnstile = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, tenant: str, query: KnowledgeQuery) -> KnowledgeAnswer:
        """Return the answer of whichever assistant is free first.

        Raises:
            Unavailable: when none answers in time, or too many questions wait.
        """
        reply_to = key(tenant, "knowledge", "answer", secrets.token_urlsafe(12))
        question = _QUESTION.dump_json(Question(tenant, reply_to, query))
        if await self._redis.rpush(WAITING, question) > _MOST_WAITING:
            await self._redis.ltrim(WAITING, -_MOST_WAITING, -1)
        try:
            async with asyncio.timeout(PATIENCE_S), self._turnstile:
                while True:
                    answer = await self._redis.blpop([reply_to], timeout=_LISTEN_S)
                    if answer is not None:
                        return KnowledgeAnswer.model_validate_json(answer[1])
        except TimeoutError:
            await self._redis.lrem(WAITING, 1, question.decode())
            msg = "No assistant answered in time; try again in a moment."
            raise Unavailable(msg, retry_after_s=2.0) from None

    async def next(self) -> Question | None:
        """Wait half a second for a question; ``None`` when there was none."""
        taken = await self._redis.blpop([WAITING], timeout=_LISTEN_S)
        return None if taken is None else _QUESTION.validate_json(taken[1])

    async def answer(self, question: Question, answer: KnowledgeAnswer) -> None:
        """Give the answer to whoever asked, if they still wait."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(question.reply_to, answer.model_dump_json())
            pipe.expire(question.reply_to, PATIENCE_S)
            await pipe.execute()
