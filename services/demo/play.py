"""``souffleur demo``: bring the panel to life with the three sample conversations."""

import asyncio
from collections.abc import Callable
from typing import Any

from services.demo.client import GatewayClient
from services.demo.replay import ReplayOptions, replay
from services.demo.stories import DATA, Story, load_stories
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import SouffleurError

STAGGER_S = 20.0
"""The next conversation begins so long after the one before: one sees the list fill up."""


async def play_demo(
    gateway_url: str,
    token: str,
    *,
    emit: Callable[[str, dict[str, Any]], None] = lambda _story, _item: None,
    speed: float = 1.0,
    stagger_s: float = STAGGER_S,
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, dict[str, Any]]:
    """Push documents and records, then play each story once, each starting after the one before.

    Args:
        gateway_url: http address of a running gateway.
        token: a token with the role ``admin``.
        emit: receives the story's id and what ``replay`` emits.
        speed: how many times faster than life.
        stagger_s: seconds between the starts, at ``speed`` 1.
        clock: the time.

    Returns:
        The summary of each story, by its id.

    Raises:
        SouffleurError: when the gateway refuses or stays away.
    """
    stories = await asyncio.to_thread(load_stories, clock.now().date())
    documents = await asyncio.to_thread((DATA / "knowledge.jsonl").read_bytes)
    async with GatewayClient(gateway_url, token) as client:
        await client.lend_documents(documents)
        for story in stories:
            await client.put_customer(story.script.customer_id, story.customer)
    summaries: dict[str, dict[str, Any]] = {}

    async def perform(story: Story, wait_s: float) -> None:
        await clock.sleep(wait_s)
        options = ReplayOptions(
            token=token,
            path=story.path,
            gateway=gateway_url,
            speed=speed,
            language=story.script.language,
            customer_id=story.script.customer_id,
            adviser_id=story.script.adviser_id,
        )
        name = story.script.id
        summaries[name] = await replay(options, lambda item: emit(name, item), clock)

    try:
        async with asyncio.TaskGroup() as tasks:
            for number, story in enumerate(stories):
                tasks.create_task(perform(story, number * stagger_s / speed))
    except* SouffleurError as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
    return summaries
