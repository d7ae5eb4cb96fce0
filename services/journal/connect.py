"""Open the journal that the settings ask for: a shared Redis, or a private one of our own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.errors import InvalidInput
from services.kit.settings import Settings


@asynccontextmanager
async def open_journal(settings: Settings) -> AsyncIterator[Journal]:
    """Open the journal on the Redis of the settings, or on a private one in the data directory.

    Raises:
        InvalidInput: in production without ``redis_url``, where a private Redis is refused.
        Unavailable: when the Redis does not answer.
    """
    async with AsyncExitStack() as stack:
        url = settings.redis_url
        if not url:
            if settings.env == "production":
                detail = "set SOUFFLEUR_REDIS_URL: production does not start a private Redis"
                raise InvalidInput(detail, field="redis_url")
            directory = settings.data_dir / "redis"
            url = await stack.enter_async_context(
                embedded_redis(directory, fsync=settings.redis_fsync)
            )
        yield await stack.enter_async_context(
            Journal.open(url, retention_days=settings.retention_days)
        )
