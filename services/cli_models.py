"""``souffleur models``: fetch, verify, list and score the models."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from services.evaluation import TASKS, evaluator
from services.kit import modelstore
from services.kit.logging import configure
from services.terminal import (
    DataDir,
    fetch_models,
    plain_errors,
    progress_bar,
    settings_from,
)

if TYPE_CHECKING:
    from services.evaluation.report import Report

models_app = typer.Typer(help="Fetch, verify, list and score the models.", no_args_is_help=True)

_SEVERAL = frozenset(("--data", "--train", "--documents"))


@models_app.command("fetch")
def models_fetch(
    names: Annotated[list[str] | None, typer.Argument(help="All when left out.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Download what is missing and check every digest."""
    settings = settings_from(data_dir=data_dir)
    fetch_models(names or sorted(modelstore.read_manifest()), settings)
    models_list(data_dir=data_dir)


@models_app.command("verify")
def models_verify(data_dir: DataDir = None) -> None:
    """Read every file again and compare its digest with the manifest's."""
    settings = settings_from(data_dir=data_dir)
    with plain_errors():
        for name in sorted(modelstore.read_manifest()):
            print(f"{name}: verified in {modelstore.verify(name, settings.data_dir)}")


@models_app.command("list")
def models_list(
    as_json: Annotated[bool, typer.Option("--json")] = False, data_dir: DataDir = None
) -> None:
    """List the models of the manifest and their state."""
    rows = modelstore.list_models(settings_from(data_dir=data_dir).data_dir)
    if as_json:
        print(json.dumps([row.model_dump(mode="json") for row in rows]))
        return
    for row in rows:
        size = f"{row.size / 1e6:.1f} MB"
        print(f"{row.name:<20} {row.kind:<10} {row.licence:<12} {size:>9}  {row.state}")


def spread(args: list[str]) -> list[str]:
    """Return ``args`` with ``--data a b`` written as ``--data a --data b``, as click reads it.

    A task's name ends a list of files, unless there is a file of that name.
    """
    out: list[str] = []
    option = ""
    for arg in args:
        if arg.startswith("-"):
            name, given, _ = arg.partition("=")
            option = name if name in _SEVERAL else ""
            out.append(arg)
            first = bool(option) and not given
        elif option and not (arg in TASKS and not Path(arg).exists()):
            out += [arg] if first else [option, arg]
            first = False
        else:
            option = ""
            out.append(arg)
    return out


class _FileLists(TyperCommand):
    """A command whose file options take one or several files."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        return super().parse_args(ctx, spread(args))


@models_app.command("eval", cls=_FileLists)
def models_eval(
    task: Annotated[str, typer.Argument(help=f"One of: {', '.join(TASKS)}.")],
    data: Annotated[list[Path], typer.Option(help="JSON lines to score on (.gz too).")],
    train: Annotated[list[Path] | None, typer.Option(help="intent: rows to fit on.")] = None,
    documents: Annotated[list[Path] | None, typer.Option(help="retrieval: documents.")] = None,
    flow_charts: Annotated[
        Path | None,
        typer.Option("--flow-charts", "--tasks", help="next-best-action: a directory."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, alone.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Score a model on rows of JSON lines; the last line printed is one JSON object."""
    from services.evaluation.request import EvalRequest

    configure("warning")
    settings = settings_from(data_dir=data_dir)
    request = EvalRequest(
        tuple(data), tuple(train or ()), tuple(documents or ()), flow_charts, settings
    )
    if task == "speech" and settings.speech_model in modelstore.read_manifest():
        fetch_models((settings.speech_model,), settings)
    with plain_errors():
        evaluate = evaluator(task)
        with progress_bar(task) as progress:
            report = asyncio.run(evaluate(request, progress))
    if not as_json:
        _tell(report)
    print(json.dumps(report.as_json()))


def _tell(report: "Report") -> None:
    print(f"{report.task}: {report.n} items, {report.cpu_ms_per_item:.2f} ms of CPU each")
    for name, score in report.scores.items():
        print(f"  {name:<20} {score.value:.4f}  (95 %: {score.low:.4f} to {score.high:.4f})")
