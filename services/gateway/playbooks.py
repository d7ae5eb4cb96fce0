"""A tenant's own playbook as its administrators write it: checked, kept, shown, taken back."""

import asyncio
import json
import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import yaml

from services.gateway.intent_names import IntentNames
from services.kit.clock import Clock
from services.kit.errors import NotFound, TooLarge
from services.kit.tokens import Principal
from services.playbooks import (
    MAX_BYTES,
    BuiltIn,
    Kind,
    Warned,
    Written,
    labels_of,
    read,
    warnings_of,
)
from services.records.playbooks import (
    ActivePlaybook,
    FittedState,
    Media,
    NewPlaybook,
    PlaybookRecords,
    PlaybookVersion,
)

_log = logging.getLogger(__name__)

_AT_ONCE = 2
"""Playbooks checked side by side; each may take half a second of CPU."""

_MEDIA: dict[Kind, Media] = {"yaml": "application/yaml", "json": "application/json"}


@dataclass(frozen=True)
class Checked:
    """A playbook that fits, and what in it is weak."""

    written: Written
    warnings: list[Warned]


@dataclass(frozen=True)
class Shown:
    """A playbook as it is given out: its version, ``None`` for the built-in one, and its text."""

    version: PlaybookVersion | None
    text: bytes
    kind: Kind

    @property
    def number(self) -> int:
        """Return the version's number, 0 for the built-in playbook."""
        return self.version.number if self.version else 0


class PlaybookFiles:
    """What the routes of ``/v1/playbook`` work with."""

    def __init__(
        self, records: PlaybookRecords, built_in: BuiltIn | None, names: IntentNames, clock: Clock
    ) -> None:
        self._records = records
        self._built_in = built_in
        self._built_in_digest = sha256(built_in.text if built_in else b"").hexdigest()[:12]
        self._names = names
        self._clock = clock
        self._turnstile = asyncio.Semaphore(_AT_ONCE)

    async def check(self, text: bytes, kind: Kind) -> Checked:
        """Read a playbook that somebody sends.

        Raises:
            TooLarge: it has more than ``MAX_BYTES``.
            MalformedInput: it is no UTF-8.
            InvalidPlaybook: it does not fit; says where.
        """
        if len(text) > MAX_BYTES:
            raise TooLarge(f"A playbook has at most {MAX_BYTES} bytes.", field="body")

        def checked() -> Checked:
            written = read(text, kind)
            return Checked(written, warnings_of(written))

        async with self._turnstile:
            return await asyncio.to_thread(checked)

    async def active(self, tenant: str) -> ActivePlaybook:
        """Return what is in force."""
        return await self._records.active(tenant)

    async def shown(self, tenant: str) -> tuple[ActivePlaybook, Shown]:
        """Return what is in force and its text.

        Raises:
            NotFound: the tenant has none and this gateway knows no built-in one.
        """
        active, text = await self._records.active_text(tenant)
        if active.version is not None:
            return active, Shown(active.version, text, _kind(active.version))
        if self._built_in is None:
            raise NotFound("This tenant has no playbook; send one with PUT /v1/playbook.")
        return active, Shown(None, self._built_in.text, "yaml")

    async def shown_version(self, tenant: str, number: int) -> Shown:
        """Return a version that is kept.

        Raises:
            NotFound: there is none of that number, or it is no longer kept.
        """
        version = await self._records.version(tenant, number)
        text = None if version is None else await self._records.text(tenant, version)
        if version is None or text is None:
            msg = f"There is no version {number}; GET /v1/playbook/versions lists those kept."
            raise NotFound(msg, field="version")
        return Shown(version, text, _kind(version))

    async def written_as(self, shown: Shown, kind: Kind) -> bytes:
        """Return a playbook's text, as it was sent or turned into the other notation."""
        if shown.kind == kind:
            return shown.text
        return await asyncio.to_thread(_turned, shown, kind)

    async def put(
        self,
        principal: Principal,
        text: bytes,
        kind: Kind,
        checked: Checked,
        *,
        note: str | None,
        over: ActivePlaybook | None,
        restored_from: int | None = None,
    ) -> tuple[PlaybookVersion, bool] | None:
        """Put a checked playbook in force; ``None`` when ``over`` is not what is in force now."""
        playbook = checked.written.playbook
        new = NewPlaybook(
            text, _MEDIA[kind], principal.subject, labels_of(playbook), note, restored_from
        )
        kept = await self._records.put(principal.tenant, new, self._clock.now(), over=over)
        if kept is not None and kept[1]:
            await self._names.changed(principal.tenant)
            _told(principal, "restored" if restored_from else "written", kept[0].number)
        return kept

    def is_same(self, active: ActivePlaybook, text: bytes, kind: Kind) -> bool:
        """Say whether a text is in force already: the call that brings it was sent once before."""
        version = active.version
        if version is None or version.media_type != _MEDIA[kind]:
            return False
        return version.digest == sha256(text).hexdigest()

    def tag(self, active: ActivePlaybook) -> str:
        """Return the ETag of what is in force; the time tells it from an earlier playbook."""
        at = active.changed_at
        stamp = f"{int(at.timestamp() * 1000):x}" if at else "0"
        built_in = "" if active.version else f"-{self._built_in_digest}"
        return f'"{active.number}-{stamp}{built_in}"'

    async def reset(self, principal: Principal, *, over: ActivePlaybook | None) -> bool | None:
        """Go back to the built-in playbook; see ``PlaybookRecords.reset``."""
        done = await self._records.reset(principal.tenant, self._clock.now(), over=over)
        if done:
            await self._names.changed(principal.tenant)
            _told(principal, "reset", 0)
        return done

    async def versions(self, tenant: str) -> tuple[PlaybookVersion, ...]:
        """Return the versions that are kept, newest first."""
        return tuple(await self._records.versions(tenant))

    async def fitted(self, tenant: str) -> dict[str, FittedState | None]:
        """Return what each living assistant serves the tenant; ``None``: not asked by it yet."""
        return dict(await self._records.fitted(tenant, self._clock.now()))


def _kind(version: PlaybookVersion) -> Kind:
    return "json" if version.media_type == "application/json" else "yaml"


def _turned(shown: Shown, kind: Kind) -> bytes:
    content: Any
    if kind == "json":
        playbook = read(shown.text, shown.kind).playbook
        return playbook.model_dump_json(exclude_none=True).encode()
    content = json.loads(shown.text)
    return bytes(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, encoding="utf-8"))


def _told(principal: Principal, what: Literal["written", "restored", "reset"], number: int) -> None:
    """Leave a line in the log of who changed what: the tenant and the kind of token, no person."""
    _log.info(
        "playbook changed",
        extra={
            "tenant": principal.tenant,
            "role": principal.role,
            "change": what,
            "version": number,
        },
    )
