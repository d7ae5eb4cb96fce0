"""Each service on its own, as a cluster runs them; imports only what that service needs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.journal.connect import open_journal
from services.kit.errors import InvalidInput
from services.kit.settings import Settings


def _require(value: str, name: str, why: str) -> None:
    if not value:
        raise InvalidInput(f"set SOUFFLEUR_{name.upper()}: {why}", field=name)


@asynccontextmanager
async def gateway(settings: Settings) -> AsyncIterator[str]:
    """Run the gateway; yields its base URL."""
    from services.assist.playbooks import load_built_in
    from services.gateway.app import create_app
    from services.gateway.app import serve as serve_gateway
    from services.gateway.audio_out import RemoteSink

    _require(settings.redis_url, "redis_url", "the services meet there")
    _require(settings.transcribe_url, "transcribe_url", "calls are transcribed there")
    _require(settings.service_token, "service_token", "the transcribe service asks for it")
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(open_journal(settings))
        app = create_app(
            settings,
            journal=journal,
            audio_sink=RemoteSink(settings.transcribe_url, settings.service_token),
            built_in=load_built_in(settings.playbook),
        )
        port = await stack.enter_async_context(serve_gateway(app, settings.host, settings.port))
        yield f"http://{settings.host}:{port}"


@asynccontextmanager
async def transcribe(settings: Settings) -> AsyncIterator[str]:
    """Run the transcribe service; yields its base URL."""
    from services.kit.serving import serve
    from services.transcribe.app import create_app

    _require(settings.redis_url, "redis_url", "the services meet there")
    _require(settings.service_token, "service_token", "only the gateway may send audio")
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(open_journal(settings))
        app = create_app(settings, journal=journal)
        port = await stack.enter_async_context(serve(app, settings.host, settings.port))
        yield f"http://{settings.host}:{port}"


@asynccontextmanager
async def assist(settings: Settings) -> AsyncIterator[str]:
    """Run the assist service; yields its base URL."""
    from services.assist.app import create_app
    from services.kit.serving import serve

    _require(settings.redis_url, "redis_url", "the services meet there")
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(open_journal(settings))
        app = create_app(settings, journal=journal)
        port = await stack.enter_async_context(serve(app, settings.host, settings.port))
        yield f"http://{settings.host}:{port}"
