"""What the commands share: settings from options, errors in one line, progress on stderr."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from services.kit import modelstore
from services.kit.errors import SouffleurError
from services.kit.settings import Settings

console = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help="Models, private Redis, signing key.")]


def settings_from(**given: Any) -> Settings:
    """Build the settings; an option that was not given leaves the environment's value."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


@contextmanager
def plain_errors() -> Iterator[None]:
    """Tell an expected error in one line; a task group may have wrapped it."""
    try:
        yield
    except* SouffleurError as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        console.print(f"[bold red]Error[/bold red] {first}", highlight=False)
        raise typer.Exit(1) from None


def fetch_models(names: Sequence[str], settings: Settings) -> None:
    """Make the models available, with a progress bar when something has to be downloaded."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with plain_errors(), Progress(*columns, TransferSpeedColumn(), console=console) as progress:
        for name in names:
            row = progress.add_task(f"Model {name}", total=None, visible=False)

            def show(done: int, total: int, row: Any = row) -> None:
                progress.update(row, completed=done, total=total, visible=True)

            modelstore.fetch(name, settings.data_dir, show)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr; yields what tells it (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        row = progress.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            progress.update(row, completed=done, total=total)

        yield show
