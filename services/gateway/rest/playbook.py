"""``/v1/playbook``: the tenant's own intents, actions and cues, with versions and a way back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from services.gateway.auth import Requires
from services.gateway.playbooks import Checked, PlaybookFiles, Shown
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.idempotency import IdempotentRoute
from services.gateway.rest.paging import Cursor, Limit, paged
from services.gateway.rest.playbook_bodies import (
    MOST_WARNINGS,
    PLAYBOOK_SCHEMA,
    PlaybookReport,
    PlaybookRollback,
    PlaybookServed,
    PlaybookStatus,
    PlaybookVersionPage,
    PlaybookWarning,
)
from services.gateway.rest.preconditions import IfMatch, IfNoneMatch, PreconditionFailed, matches
from services.kit.errors import NotFound, SouffleurError
from services.kit.tokens import Principal
from services.playbooks import Kind
from services.records.playbooks import ActivePlaybook, Note, PlaybookVersion

router = APIRouter(prefix="/v1/playbook", tags=["playbook"], route_class=IdempotentRoute)

Admin = Annotated[Principal, Depends(Requires("admin"))]
Reader = Annotated[Principal, Depends(Requires("adviser", "crm", "ops"))]
Here = Annotated[Gateway, Depends(gateway_of)]

VERSION = "Souffleur-Playbook-Version"
ORIGIN = "Souffleur-Playbook-Origin"

_KINDS: dict[str, Kind] = {
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
    "application/json": "json",
}

_CONTENT: dict[str, Any] = {
    media: {"schema": PLAYBOOK_SCHEMA} for media in ("application/yaml", "application/json")
}
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": _CONTENT}}
_HEADERS: dict[str, Any] = {
    "ETag": {"schema": {"type": "string"}, "description": "For If-Match."},
    VERSION: {"schema": {"type": "integer"}, "description": "0 for the built-in playbook."},
    ORIGIN: {"schema": {"type": "string", "enum": ["own", "built-in"]}},
}
_SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"description": "The playbook.", "headers": _HEADERS, "content": _CONTENT},
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    412: {"description": "The playbook in force is another one now."},
    413: {"description": "More than a mebibyte."},
    415: {"description": "Neither YAML nor JSON."},
    422: {"description": "It does not fit; `errors` says where, line by line, and what to do."},
    428: {"description": "Neither If-Match nor If-None-Match was sent."},
}

Accept = Annotated[str, Header(description="application/yaml (the default) or application/json.")]
Number = Annotated[int, Path(ge=1, le=2**53)]


class PreconditionRequired(SouffleurError):
    """A playbook is replaced only over a version that the caller has seen."""

    code = "precondition_required"
    status = 428
    close_code = 1008


class UnsupportedMedia(SouffleurError):
    """The body is of a kind that this path does not take."""

    code = "unsupported_media_type"
    status = 415
    close_code = 1008


@router.get(
    "",
    response_class=Response,
    responses={**_SHOWN, 304: {"description": "It is still the one that you have."}},
)
async def get_playbook(
    principal: Reader, gateway: Here, accept: Accept = "*/*", if_none_match: IfNoneMatch = None
) -> Response:
    """Read the playbook in force, the built-in one where the tenant has none of its own."""
    active, shown = await gateway.playbooks.shown(principal.tenant)
    tag = gateway.playbooks.tag(active)
    if if_none_match is not None and matches(if_none_match, tag, weak=True):
        return Response(status_code=304, headers={"ETag": tag, "Vary": "Accept"})
    return await _shown(gateway.playbooks, shown, accept, tag)


@router.put(
    "",
    openapi_extra=_BODY,
    responses={201: {"model": PlaybookReport, "description": "The first one."}, **_REFUSED},
)
async def put_playbook(
    request: Request,
    principal: Admin,
    gateway: Here,
    response: Response,
    dry_run: Annotated[bool, Query(description="Check it and report; keep nothing.")] = False,
    note: Annotated[Note | None, Query(description="Why, for the list of versions.")] = None,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> PlaybookReport:
    """Replace the tenant's playbook as a whole; every assistant goes over to it within seconds.

    `If-Match` names the version it was made from, the built-in one's ETag included;
    `If-None-Match: *` says that there is none yet. A dry run needs neither.
    """
    kind = _kind(request.headers.get("content-type", ""))
    if not dry_run and if_match is None and if_none_match is None:
        msg = (
            "Send If-Match with the ETag of GET /v1/playbook, or If-None-Match: * for a first one."
        )
        raise PreconditionRequired(msg, field="If-Match")
    text = await request.body()
    checked = await gateway.playbooks.check(text, kind)
    if dry_run:
        return _report(checked, None, changed=False, dry_run=True)
    active = await gateway.playbooks.active(principal.tenant)
    kept = None
    same = gateway.playbooks.is_same(active, text, kind)
    if same or _as_seen(gateway.playbooks, active, if_match, if_none_match):
        kept = await gateway.playbooks.put(principal, text, kind, checked, note=note, over=active)
    if kept is None:
        raise _changed("If-Match" if if_match is not None else "If-None-Match")
    version, changed = kept
    response.status_code = 201 if changed and active.version is None else 200
    await _mark(response, gateway.playbooks, principal, version)
    return _report(checked, version, changed=changed)


@router.delete("", status_code=204, responses={412: _REFUSED[412]})
async def delete_playbook(principal: Admin, gateway: Here, if_match: IfMatch = None) -> None:
    """Go back to the built-in playbook. The versions are kept: a rollback brings one back."""
    over = None
    if if_match is not None:
        over = await gateway.playbooks.active(principal.tenant)
        if not _as_seen(gateway.playbooks, over, if_match, None):
            raise _changed("If-Match")
    done = await gateway.playbooks.reset(principal, over=over)
    if done is None:
        raise _changed("If-Match")
    if not done:
        raise NotFound("This tenant has no playbook of its own; the built-in one is in force.")


@router.get("/versions")
async def list_versions(
    principal: Reader, gateway: Here, cursor: Cursor = None, limit: Limit = 50
) -> PlaybookVersionPage:
    """List the versions that are kept, newest first: the last fifty."""
    active = await gateway.playbooks.active(principal.tenant)
    versions = await gateway.playbooks.versions(principal.tenant)
    items, more = paged(versions, lambda version: str(version.number), cursor, limit)
    return PlaybookVersionPage(active=active.number, items=items, next=more)


@router.get("/versions/{number}", response_class=Response, responses=_SHOWN)
async def get_version(
    number: Number, principal: Reader, gateway: Here, accept: Accept = "*/*"
) -> Response:
    """Read a version as it was sent."""
    shown = await gateway.playbooks.shown_version(principal.tenant, number)
    return await _shown(gateway.playbooks, shown, accept, f'"{shown.number}"')


@router.post("/rollback", responses={412: _REFUSED[412]})
async def rollback(
    body: PlaybookRollback,
    principal: Admin,
    gateway: Here,
    response: Response,
    if_match: IfMatch = None,
) -> PlaybookReport:
    """Put an earlier version in force again, as a new version."""
    shown = await gateway.playbooks.shown_version(principal.tenant, body.version)
    checked = await gateway.playbooks.check(shown.text, shown.kind)
    active = await gateway.playbooks.active(principal.tenant)
    kept = None
    if if_match is None or _as_seen(gateway.playbooks, active, if_match, None):
        kept = await gateway.playbooks.put(
            principal,
            shown.text,
            shown.kind,
            checked,
            note=body.note,
            over=None if if_match is None else active,
            restored_from=body.version,
        )
    if kept is None:
        raise _changed("If-Match")
    await _mark(response, gateway.playbooks, principal, kept[0])
    return _report(checked, kept[0], changed=kept[1])


@router.get("/status")
async def status(principal: Reader, gateway: Here) -> PlaybookStatus:
    """Say which version is in force, and which one each assistant serves."""
    active = await gateway.playbooks.active(principal.tenant)
    fitted = await gateway.playbooks.fitted(principal.tenant)
    served = tuple(
        PlaybookServed(
            assistant=name, **(state.model_dump(exclude={"confusions"}) if state else {})
        )
        for name, state in fitted.items()
    )
    told = (s.confusions for s in fitted.values() if s and s.confusions)
    asked = [each.version for each in served if each.version is not None]
    return PlaybookStatus(
        active=active.number,
        changed_at=active.changed_at,
        ready=all(version == active.number for version in asked),
        assistants=served,
        confusions=next(told, ()) if active.number in asked else (),
    )


async def _shown(playbooks: PlaybookFiles, shown: Shown, accept: str, tag: str) -> Response:
    kind: Kind = "json" if _prefers_json(accept) else "yaml"
    return Response(
        await playbooks.written_as(shown, kind),
        media_type=f"application/{kind}",
        headers={
            "ETag": tag,
            "Vary": "Accept",
            VERSION: str(shown.number),
            ORIGIN: "own" if shown.version else "built-in",
        },
    )


async def _mark(
    response: Response, playbooks: PlaybookFiles, principal: Principal, version: PlaybookVersion
) -> None:
    active = await playbooks.active(principal.tenant)
    response.headers[VERSION] = str(version.number)
    if active.number == version.number:  # else somebody was faster, and the tag would be theirs
        response.headers["ETag"] = playbooks.tag(active)


def _report(
    checked: Checked, version: PlaybookVersion | None, *, changed: bool, dry_run: bool = False
) -> PlaybookReport:
    playbook = checked.written.playbook
    return PlaybookReport(
        version=version,
        changed=changed,
        dry_run=dry_run,
        intents=len(playbook.intents),
        actions=len(playbook.actions),
        cues=len(playbook.cues),
        warning_count=len(checked.warnings),
        warnings=tuple(PlaybookWarning.of(each) for each in checked.warnings[:MOST_WARNINGS]),
    )


def _as_seen(
    playbooks: PlaybookFiles,
    active: ActivePlaybook,
    if_match: str | None,
    if_none_match: str | None,
) -> bool:
    """Say whether what is in force is what the caller has seen; ``*`` is any of the tenant's."""
    tag = playbooks.tag(active)
    own = tag if active.version else None
    if if_match is not None and not matches(if_match, own if if_match.strip() == "*" else tag):
        return False
    return if_none_match is None or not matches(if_none_match, own)


def _kind(content_type: str) -> Kind:
    kind = _KINDS.get(content_type.partition(";")[0].strip().lower())
    if kind is None:
        msg = "Send the playbook with Content-Type: application/yaml or application/json."
        raise UnsupportedMedia(msg, field="Content-Type")
    return kind


def _prefers_json(accept: str) -> bool:
    """Say whether JSON is asked for rather than YAML, which is the default (RFC 9110, 12.5.1)."""
    quality = {"json": 0.0, "yaml": 0.0}
    for part in accept.lower().split(","):
        media, _, parameters = part.strip().partition(";")
        given = parameters.replace(" ", "").removeprefix("q=")
        weight = float(given) if given.replace(".", "", 1).isdecimal() else 1.0
        named = "json" if media.strip() == "application/json" else "yaml"
        if named == "json" or _KINDS.get(media.strip()) or media.strip() in {"*/*", "text/*"}:
            quality[named] = max(quality[named], weight)
    return quality["json"] > 0 and quality["json"] >= quality["yaml"]


def _changed(field: str) -> PreconditionFailed:
    msg = "The playbook in force is another one now: read it again, then decide."
    return PreconditionFailed(msg, field=field)
