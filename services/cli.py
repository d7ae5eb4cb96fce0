"""The ``souffleur`` command: start the services, try them, make tokens, look after the models."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast

import typer
import uvloop
from pydantic import ValidationError

from services import split
from services.cli_knowledge import knowledge_app
from services.cli_models import models_app
from services.cli_playbook import playbook_app
from services.kit import modelstore
from services.kit.logging import configure
from services.kit.settings import Settings
from services.kit.tokens import Principal, TokenRole, token_issuer
from services.terminal import DataDir, console, fetch_models, plain_errors, settings_from

app = typer.Typer(
    name="souffleur",
    help="Real-time agent assist for contact centres: self-hosted, French first.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models_app, name="models")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(playbook_app, name="playbook")

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")]
RedisUrl = Annotated[str | None, typer.Option("--redis", help="redis:// URL to use.")]


def _run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` until it ends, or until Ctrl-C or SIGTERM asks it to stop cleanly."""

    async def guarded() -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are inside one
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await main()

    with plain_errors():
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(guarded())
        except asyncio.CancelledError:
            console.print("[dim]Stopped.[/dim]")


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


@app.command()
def up(
    host: Host = None, port: Port = None, data_dir: DataDir = None, redis: RedisUrl = None
) -> None:
    """Start everything in one process and serve the panel."""
    settings = settings_from(host=host, port=port, data_dir=data_dir, redis_url=redis)
    configure(settings.log_level)
    _fetch_needed(settings)
    _run(lambda: _all_in_one(settings, demo=False))


@app.command()
def demo(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Start everything and play a French call, an English call and a French chat."""
    settings = settings_from(host=host, port=port, data_dir=data_dir)
    configure("warning")
    _fetch_needed(settings)
    _run(lambda: _all_in_one(settings, demo=True))


async def _all_in_one(settings: Settings, *, demo: bool) -> None:
    from services.allinone import running

    with console.status("Starting...") as status:
        async with running(settings, lambda part: status.update(f"Starting: {part}...")) as url:
            status.stop()
            print(f"Souffleur listens on {url}", flush=True)
            if settings.env == "development":
                token = _token(settings, "demo", "adviser", "demo")
                print(f"Panel: {url}/#token={token}", flush=True)
            if demo:
                await _play(settings, url)
            await _forever()


async def _play(settings: Settings, url: str) -> None:
    from services.demo.play import play_demo

    print("Open the panel: the sample conversations start now. Ctrl-C stops everything.")
    await play_demo(url, _token(settings, "demo", "admin", "demo"))
    print("The sample conversations are over; the panel stays up. Ctrl-C stops it.", flush=True)


def _token(settings: Settings, tenant: str, role: TokenRole, subject: str) -> str:
    return token_issuer(settings).issue(Principal(tenant, role, subject), now=datetime.now(UTC))


@app.command()
def token(
    tenant: Annotated[str, typer.Option(help="Tenant the token is for.")],
    role: Annotated[str, typer.Option(help="adviser, crm, ingest, admin or ops.")],
    subject: Annotated[str, typer.Option(help="Who or what holds it.")] = "developer",
    hours: Annotated[float, typer.Option(min=0.01, max=720, help="How long it holds.")] = 12,
    data_dir: DataDir = None,
) -> None:
    """Print a development token."""
    settings = settings_from(data_dir=data_dir)
    with plain_errors():
        principal = Principal(tenant, cast("TokenRole", role), subject)
        lifetime = timedelta(hours=hours)
        print(token_issuer(settings).issue(principal, now=datetime.now(UTC), lifetime=lifetime))


@app.command()
def gateway(
    host: Host = None, port: Port = None, data_dir: DataDir = None, redis: RedisUrl = None
) -> None:
    """Start the gateway alone (needs SOUFFLEUR_REDIS_URL and SOUFFLEUR_TRANSCRIBE_URL)."""
    _serve(settings_from(host=host, port=port, data_dir=data_dir, redis_url=redis), split.gateway)


@app.command()
def transcribe(
    host: Host = None, port: Port = None, data_dir: DataDir = None, redis: RedisUrl = None
) -> None:
    """Start the transcribe service alone (needs SOUFFLEUR_REDIS_URL and _SERVICE_TOKEN)."""
    _serve(
        settings_from(host=host, port=port, data_dir=data_dir, redis_url=redis), split.transcribe
    )


@app.command()
def assist(
    host: Host = None, port: Port = None, data_dir: DataDir = None, redis: RedisUrl = None
) -> None:
    """Start the assist service alone (needs SOUFFLEUR_REDIS_URL)."""
    _serve(settings_from(host=host, port=port, data_dir=data_dir, redis_url=redis), split.assist)


def _serve(
    settings: Settings, service: Callable[[Settings], AbstractAsyncContextManager[str]]
) -> None:
    configure(settings.log_level)

    async def main() -> None:
        async with service(settings) as url:
            print(f"{service.__name__} listens on {url}", flush=True)
            await _forever()

    _run(main)


@app.command()
def replay(
    path: Annotated[Path | None, typer.Argument(help="Stereo WAV or FLAC, or a .jsonl.")] = None,
    customer: Annotated[Path | None, typer.Option(help="The customer's mono file.")] = None,
    adviser: Annotated[Path | None, typer.Option(help="The adviser's mono file.")] = None,
    gateway_url: Annotated[str, typer.Option("--gateway")] = "http://127.0.0.1:8080",
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="Times real pace.")] = 1.0,
    language: Annotated[str | None, typer.Option(help="fr or en; detected when left out.")] = None,
    token_: Annotated[str | None, typer.Option("--token", help="An admin token.")] = None,
    tenant: Annotated[str, typer.Option(help="Tenant, when the token is made here.")] = "demo",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Stream a recorded call or chat to a gateway and print what the adviser would see."""
    from services.demo import replay as player

    def start() -> Coroutine[Any, Any, None]:
        settings = settings_from(data_dir=data_dir)
        options = player.ReplayOptions(
            path=path,
            customer=customer,
            adviser=adviser,
            gateway=gateway_url,
            speed=speed,
            language=language,
            token=token_ or _token(settings, tenant, "admin", "replay"),
        )
        return player.run(options, player.json_lines if as_json else player.readable)

    _run(start)


def _fetch_needed(settings: Settings) -> None:
    """Fetch before the event loop runs, which a download would hold (Ctrl-C included).

    A speech model that is no model of the manifest is a directory or another engine's: not ours to
    fetch, and the engine says what is wrong with it.
    """
    if settings.speech_model in modelstore.read_manifest():
        fetch_models((settings.speech_model,), settings)


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Print the settings in force (secrets hidden) and say what is missing."""
    from services.doctor import examine

    with plain_errors():
        sound = True
        for line in examine(settings_from(data_dir=data_dir)):
            sound = sound and line.sound
            print(f"{'ok ' if line.sound else 'NO '} {line.subject}: {line.detail}")
        if not sound:
            raise typer.Exit(1)


def main() -> None:
    """Entry point of the ``souffleur`` command."""
    try:
        app()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = "SOUFFLEUR_" + ".".join(str(part) for part in problem["loc"]).upper()
            console.print(f"[bold red]Error[/bold red] {name}: {problem['msg']}", highlight=False)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
