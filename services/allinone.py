"""The three services in one process: for development, the demonstration and one small site."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from services.assist.app import Assistant
from services.gateway.app import create_app, serve
from services.journal.connect import open_journal
from services.kit.metrics import Metrics
from services.kit.settings import Settings
from services.transcribe.app import Transcriber

Report = Callable[[str], None]
"""Told in one line what is being started, so that a person who waits knows why."""


@asynccontextmanager
async def running(settings: Settings, report: Report = lambda line: None) -> AsyncIterator[str]:
    """Run gateway, transcribe and assist until the block ends.

    Yields:
        The base URL of the gateway, which is listening.
    """
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        report("journal")
        journal = await stack.enter_async_context(open_journal(settings))
        report("speech model")
        sink = await stack.enter_async_context(Transcriber.open(settings, journal, metrics=metrics))
        report("language models and playbook")
        assistant = await stack.enter_async_context(
            Assistant.open(settings, journal, metrics=metrics)
        )
        report("gateway")
        app = create_app(
            settings,
            journal=journal,
            audio_sink=sink,
            metrics=metrics,
            built_in=assistant.built_in,
        )
        port = await stack.enter_async_context(serve(app, settings.host, settings.port))
        yield f"http://{settings.host}:{port}"
