"""``souffleur playbook``: check a playbook on a laptop, push it to a running gateway."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.kit.errors import InvalidInput, NotFound, Unavailable
from services.kit.tokens import Principal, token_issuer
from services.playbooks import Fault, InvalidPlaybook, Kind, read, warnings_of
from services.terminal import DataDir, console, plain_errors, settings_from

playbook_app = typer.Typer(help="Check a playbook, and push it.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The playbook: .yaml, .yml or .json.")]


@playbook_app.command("check")
def playbook_check(file: File) -> None:
    """Say line by line what is wrong with a playbook, and what is weak; needs no gateway."""
    with plain_errors():
        text, kind = _text(file)
        try:
            written = read(text, kind)
        except InvalidPlaybook as error:
            for fault in error.errors:
                _tell(file, fault, "red", "wrong")
            raise typer.Exit(1) from None
        warnings = warnings_of(written)
    for warned in warnings:
        _tell(file, warned.fault, "yellow", warned.code)
    book = written.playbook
    counts = f"{len(book.intents)} intents, {len(book.actions)} actions, {len(book.cues)} cues"
    print(f"{file}: sound; {counts}; {len(warnings)} warnings")


@playbook_app.command("push")
def playbook_push(
    file: File,
    gateway: Annotated[str, typer.Option("--gateway")] = "http://127.0.0.1:8080",
    token: Annotated[str | None, typer.Option("--token", help="A token of an admin.")] = None,
    tenant: Annotated[str, typer.Option(help="Tenant, when the token is made here.")] = "demo",
    note: Annotated[str | None, typer.Option(help="Why, for the list of versions.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Put a playbook in force in the place of the one that is, and say its version."""
    with plain_errors():
        text, kind = _text(file)
        token = token or _own_token(tenant, data_dir)
        report = asyncio.run(_push(gateway, token, text, kind, note, file))
    what = "in force" if report["changed"] else "was in force already"
    print(f"version {report['version']['number']} {what}; {report['warning_count']} warnings")


async def _push(
    gateway: str, token: str, text: bytes, kind: Kind, note: str | None, file: Path
) -> Any:
    import httpx2

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        base_url=gateway, headers=headers, timeout=30, trust_env=False
    ) as client:
        try:
            seen = await client.get("/v1/playbook")
            answer = seen
            if seen.status_code == 200:
                answer = await client.put(
                    "/v1/playbook",
                    content=text,
                    params={"note": note} if note else {},
                    headers={
                        "Content-Type": f"application/{kind}",
                        "If-Match": seen.headers["ETag"],
                    },
                )
        except httpx2.HTTPError as error:
            raise Unavailable(f"{gateway} does not answer ({type(error).__name__})") from None
    if answer.status_code >= 300:
        problem = answer.json()
        for each in problem.get("errors", ()):
            _tell(file, Fault(**each), "red", "wrong")
        raise InvalidInput(problem["detail"], field=problem.get("field"))
    return answer.json()


def _tell(file: Path, fault: Fault, colour: str, what: str) -> None:
    where = f"{file}:{fault.line}" if fault.line else str(file)
    path = f" {fault.path}" if fault.path else ""
    text = f"{fault.detail} {fault.fix}".replace("[", r"\[")
    console.print(
        f"{where}:{path} [{colour}]{what}[/{colour}] {text}", highlight=False, soft_wrap=True
    )


def _text(file: Path) -> tuple[bytes, Kind]:
    try:
        return file.read_bytes(), "json" if file.suffix == ".json" else "yaml"
    except FileNotFoundError:
        raise NotFound("there is no such file", field=str(file)) from None
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", field=str(file)) from None


def _own_token(tenant: str, data_dir: Path | None) -> str:
    issuer = token_issuer(settings_from(data_dir=data_dir))
    return issuer.issue(Principal(tenant, "admin", "playbook"), now=datetime.now(UTC))
