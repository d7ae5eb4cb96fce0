"""Waits for what can only be asked, not awaited (the state of a real server or process)."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(check: Callable[[], Awaitable[bool]], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not await check():  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.01)
