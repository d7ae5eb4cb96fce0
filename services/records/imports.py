"""How far an import has come, for whoever asks while it runs and for a day afterwards."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field
from redis.asyncio import Redis

from services.contracts.base import Contract, Identifier, Timestamp
from services.records.cursors import read_cursor, write_cursor
from services.records.keys import key

KEPT = timedelta(hours=24)

Count = Annotated[int, Field(ge=0)]


class LineError(Contract):
    """What is wrong with one line. It never quotes the line."""

    line: Annotated[int, Field(ge=1, description="Counted from 1, blank lines included.")]
    code: str
    detail: str
    field: str | None = None


class Import(Contract):
    """An import: what was taken and what was not.

    ``refused`` lines changed nothing; every other line counts whatever became of the rest.
    """

    id: Identifier
    state: Literal["running", "finished", "broken_off"]
    started_at: Timestamp
    updated_at: Timestamp
    lines: Count = 0
    stored: Count = 0
    unchanged: Count = 0
    refused: Count = 0
    errors: tuple[LineError, ...] = ()
    errors_left_out: Count = 0


class Imports:
    """The imports of every tenant."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def note(self, tenant: str, progress: Import) -> None:
        """Store how far an import has come."""
        member = f"{int(progress.started_at.timestamp() * 1000):013d}:{progress.id}"
        oldest = int((progress.started_at - KEPT).timestamp() * 1000)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_key(tenant, progress.id), progress.model_dump_json(), px=KEPT)
            pipe.zadd(key(tenant, "imports"), {member: 0})
            pipe.zremrangebylex(key(tenant, "imports"), "-", f"({oldest:013d}")
            pipe.pexpire(key(tenant, "imports"), KEPT)
            await pipe.execute()

    async def get(self, tenant: str, import_id: str) -> Import | None:
        """Return an import, or ``None`` when there was none of the last day."""
        stored = await self._redis.get(_key(tenant, import_id))
        return None if stored is None else Import.model_validate_json(stored)

    async def begin(self, tenant: str, import_id: str, now: datetime) -> Import | None:
        """Note a new import; ``None`` when there is one with this id."""
        fresh = Import(id=import_id, state="running", started_at=now, updated_at=now)
        name = _key(tenant, import_id)
        if not await self._redis.set(name, fresh.model_dump_json(), nx=True, px=KEPT):
            return None
        await self.note(tenant, fresh)
        return fresh

    async def page(
        self, tenant: str, *, cursor: str | None, limit: int
    ) -> tuple[tuple[Import, ...], str | None]:
        """Return up to ``limit`` imports, newest first, and the cursor of those after them.

        Raises:
            InvalidInput: when ``cursor`` is not one that an earlier page gave.
        """
        before = "+" if cursor is None else "(" + read_cursor(cursor)
        found = await self._redis.zrange(
            key(tenant, "imports"), before, "-", desc=True, bylex=True, offset=0, num=limit + 1
        )
        names = [str(name) for name in found]
        ids = [name.partition(":")[2] for name in names[:limit]]
        stored = await self._redis.mget([_key(tenant, id_) for id_ in ids]) if ids else []
        items = tuple(Import.model_validate_json(row) for row in stored if row)
        return items, write_cursor(names[limit - 1]) if len(names) > limit else None


def _key(tenant: str, import_id: str) -> str:
    return key(tenant, "import", import_id)
