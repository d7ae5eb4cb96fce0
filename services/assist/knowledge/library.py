"""The libraries of all tenants: follows the feed of changes, keeps an index of each, searches."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from services.assist.encoder import Encoder
from services.assist.knowledge.index import Entry, Index
from services.assist.knowledge.lexical import Vocabulary
from services.assist.knowledge.means import Floats
from services.assist.knowledge.preparing import Preparer
from services.assist.knowledge.ranking import Ranker, load_ranker
from services.assist.knowledge.search import Searcher
from services.assist.knowledge.vectors import VectorCache
from services.assist.language import guess_language
from services.contracts.base import Language
from services.contracts.knowledge import FoundPassage, KnowledgeAnswer, KnowledgeQuery
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.settings import Settings
from services.kit.tasks import going_on
from services.records.knowledge import Change, KnowledgeRecords
from services.records.questions import Questions

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""Between two looks at the feed: one small command to Redis, whatever the number of tenants."""

AT_ONCE = 64
"""Changes made searchable together: a tenant's import does not hold up those of others."""

PAUSE_S = 1.0
"""After a failure of Redis or of the encoder."""


class TenantLibrary:
    """One tenant's documents as this process knows them."""

    def __init__(self, cache: VectorCache, ranker: Ranker) -> None:
        self._vocabulary = Vocabulary()
        self._means = ranker.means
        self._preparer = Preparer(cache, self._vocabulary)
        self._entries: dict[str, Entry] = {}
        self.revision = 0
        self.index = Index((), self._vocabulary, self._means)

    async def take(self, changes: Sequence[Change]) -> None:
        """Make changes searchable; a search meanwhile sees what was before."""
        documents = [change.document for change in changes if change.document is not None]
        entries = await self._preparer.prepare(documents)
        kept = {**self._entries, **{entry.document.id: entry for entry in entries}}
        for change in changes:
            if change.document is None:
                kept.pop(change.id, None)
        self.index = await asyncio.to_thread(
            Index, tuple(kept.values()), self._vocabulary, self._means
        )
        self._entries = kept
        self.revision = changes[-1].revision


class Libraries:
    """Every tenant's library. Each assistant keeps all of them, and sees each change by itself."""

    def __init__(
        self,
        records: KnowledgeRecords,
        questions: Questions,
        encoder: Encoder,
        ranker: Ranker,
        cache: VectorCache,
        clock: Clock,
    ) -> None:
        self._records = records
        self._questions = questions
        self._searcher = Searcher(encoder, ranker)
        self._ranker = ranker
        self._cache = cache
        self._clock = clock
        self._tenants: dict[str, TenantLibrary] = {}
        self._seen = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Libraries"]:
        """Follow the feed and answer questions until the block ends."""
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            for work in (self._follow, self._serve):
                stack.callback(group.create_task(self._kept_up(work)).cancel)
            yield self

    def has_documents(self, tenant: str) -> bool:
        """Say whether a search could find anything."""
        library = self._tenants.get(tenant)
        return library is not None and bool(library.index.entries)

    def found(
        self, tenant: str, query: str, embedding: Floats, language: Language, k: int
    ) -> tuple[FoundPassage, ...]:
        """Search with an embedding that is there already; some milliseconds of CPU: in a thread."""
        index = self._tenants[tenant].index
        return self._searcher.found(index, query, embedding, language, k)

    async def search(self, tenant: str, query: KnowledgeQuery) -> KnowledgeAnswer:
        """Answer a question from the tenant's documents."""
        library = self._tenants.get(tenant)
        known = 0 if library is None else library.revision
        pending = await self._records.pending(tenant, known)
        if library is None:
            return KnowledgeAnswer(pending=pending)
        language = query.language or guess_language(query.query)
        passages = await self._searcher.search(library.index, query.query, language, query.k)
        return KnowledgeAnswer(passages=passages, pending=pending)

    async def catch_up(self) -> bool:
        """Take some changes of every tenant that has any; says whether there are more."""
        touched = await self._records.touched(self._seen)
        more = False
        for tenant, _ in touched:
            library = self._tenants.get(tenant)
            if library is None:
                library = self._tenants[tenant] = TenantLibrary(self._cache, self._ranker)
            changes = await self._records.changes(tenant, library.revision, AT_ONCE)
            if changes:
                await library.take(changes)
            more = more or len(changes) == AT_ONCE
        if touched and not more:
            self._seen = touched[-1][1]
        return more

    async def _follow(self) -> None:
        if not await self.catch_up():
            await self._clock.sleep(LOOK_S)

    async def _serve(self) -> None:
        question = await self._questions.next()
        if question is not None:
            answer = await self.search(question.tenant, question.query)
            await self._questions.answer(question, answer)

    async def _kept_up(self, round_: Callable[[], Awaitable[None]]) -> None:
        """Do one round after the other; a failure is logged and tried again, it stops nothing."""
        while going_on():
            try:
                await round_()
            except Exception as error:
                # Whatever fails, turns flow on. The log gets the error's kind and place alone: its
                # text may quote a question.
                log.warning("knowledge failed, trying again", exc_info=error)
                await self._clock.sleep(PAUSE_S)


def open_libraries(
    redis: Redis, encoder: Encoder, settings: Settings, clock: Clock = SYSTEM_CLOCK
) -> Libraries:
    """Return the libraries on ``redis``, their vectors kept in the data directory.

    Raises:
        Unavailable: when the ranker is missing or damaged.
    """
    cache = VectorCache(settings.data_dir / "knowledge", encoder)
    return Libraries(
        KnowledgeRecords(redis), Questions(redis), encoder, load_ranker(settings), cache, clock
    )
