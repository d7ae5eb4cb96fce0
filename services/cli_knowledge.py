"""``souffleur knowledge``: lend documents to a running gateway and ask them."""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.kit.errors import InvalidInput, NotFound
from services.kit.tokens import Principal, token_issuer
from services.terminal import DataDir, console, plain_errors, progress_bar, settings_from

knowledge_app = typer.Typer(help="Lend documents, and ask them.", no_args_is_help=True)

_FIELDS = ("id", "title", "text", "language", "version", "date", "url")

_BATCH_BYTES = 1_000_000
"""Of one request: half of what the gateway takes."""

Gateway = Annotated[str, typer.Option("--gateway")]
Token = Annotated[str | None, typer.Option("--token", help="A token with the role crm.")]
Tenant = Annotated[str, typer.Option(help="Tenant, when the token is made here.")]


@knowledge_app.command("import")
def knowledge_import(
    file: Annotated[Path, typer.Argument(help="JSON lines; .gz is read too.")],
    gateway: Gateway = "http://127.0.0.1:8080",
    token: Token = None,
    tenant: Tenant = "demo",
    data_dir: DataDir = None,
) -> None:
    """Lend the documents of a file: {"id","title","text","language"?,"version"?,"date"?,"url"?}.

    Other fields of a line are left out, so that an export need not be cut down first. A document
    that is there already is replaced.
    """
    with plain_errors(), progress_bar("Documents") as progress:
        lines = _lines(file)
        token = token or _own_token(tenant, data_dir)
        refused = asyncio.run(_lend(gateway, token, lines, progress))
    for number, what in refused:
        console.print(f"[yellow]line {number}[/yellow] {what}", highlight=False)
    if refused:
        raise typer.Exit(1)


@knowledge_app.command("search")
def knowledge_search(
    query: Annotated[str, typer.Argument()],
    k: Annotated[int, typer.Option(min=1, max=50)] = 5,
    language: Annotated[str | None, typer.Option(help="fr or en; guessed when left out.")] = None,
    gateway: Gateway = "http://127.0.0.1:8080",
    token: Token = None,
    tenant: Tenant = "demo",
    data_dir: DataDir = None,
) -> None:
    """Print the answer to a question as JSON."""
    from services.demo.client import GatewayClient

    async def ask() -> Any:
        async with GatewayClient(gateway, token or _own_token(tenant, data_dir)) as client:
            return await client.search(query, language=language, k=k)

    with plain_errors():
        print(json.dumps(asyncio.run(ask()), ensure_ascii=False, indent=2))


def _own_token(tenant: str, data_dir: Path | None) -> str:
    issuer = token_issuer(settings_from(data_dir=data_dir))
    return issuer.issue(Principal(tenant, "crm", "knowledge"), now=datetime.now(UTC))


def _lines(file: Path) -> list[tuple[int, bytes]]:
    """Return the documents' lines with their numbers, cut to the fields that are ours."""
    try:
        data = file.read_bytes()
        if file.suffix == ".gz":
            data = gzip.decompress(data)
        rows = [
            (number, json.loads(line))
            for number, line in enumerate(data.decode("utf-8-sig").split("\n"), start=1)
            if line.strip()
        ]
    except FileNotFoundError:
        raise NotFound("there is no such file", field=str(file)) from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"is no file of JSON lines: {error}", field=str(file)) from None
    return [
        (number, json.dumps({key: row[key] for key in _FIELDS if key in row}).encode())
        for number, row in rows
        if isinstance(row, dict)
    ]


async def _lend(
    gateway: str,
    token: str,
    lines: list[tuple[int, bytes]],
    progress: Callable[[int, int], None],
) -> list[tuple[int, str]]:
    from services.demo.client import GatewayClient

    refused: list[tuple[int, str]] = []
    done = 0
    async with GatewayClient(gateway, token) as client:
        for batch in _batches(lines):
            results = await client.lend_documents(b"\n".join(line for _, line in batch))
            refused += [(batch[at - 1][0], what) for at, what in results]
            done += len(batch)
            progress(done, len(lines))
    return refused


def _batches(lines: list[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    batch: list[tuple[int, bytes]] = []
    size = 0
    for number, line in lines:
        if batch and size + len(line) > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append((number, line))
        size += len(line) + 1
    if batch:
        yield batch
