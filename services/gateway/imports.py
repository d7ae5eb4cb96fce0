"""Bulk import of customers: NDJSON read as it comes, each line taken or refused by itself."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from services.contracts.base import Identifier
from services.contracts.customer import CustomerUpsert
from services.gateway.conversations import Conversations
from services.gateway.validation import from_validation
from services.kit.clock import Clock
from services.kit.errors import MalformedInput, SouffleurError, TooLarge
from services.records.imports import Import, Imports, LineError

MAX_LINE = 2 * 1024 * 1024
"""Bytes of one line: what a record may be long."""

MOST_ERRORS = 1_000
"""Errors that are told one by one; the others are counted."""

NOTED_EVERY = 250
"""Lines between two notes of the progress."""


class CustomerLine(CustomerUpsert):
    """One line of an import: a customer's whole record and its id."""

    id: Identifier


@dataclass
class _Tally:
    lines: int = 0
    stored: int = 0
    unchanged: int = 0
    errors: list[LineError] = field(default_factory=list)
    refused: int = 0


class CustomerImport:
    """One import under way."""

    def __init__(
        self,
        tenant: str,
        begun: Import,
        conversations: Conversations,
        records: Imports,
        clock: Clock,
    ) -> None:
        self._tenant = tenant
        self._begun = begun
        self._conversations = conversations
        self._records = records
        self._clock = clock
        self._tally = _Tally()

    async def run(self, chunks: AsyncIterator[bytes]) -> Import:
        """Take every line of a body and return the result.

        What was taken before the body broke off stays taken; the same file may be sent again.
        """
        try:
            async for line in _lines(chunks):
                await self._take(line)
                if self._tally.lines % NOTED_EVERY == 0:
                    await self._note("running")
        except BaseException:
            await self._note("broken_off")
            raise
        return await self._note("finished")

    async def _take(self, line: bytes | None) -> None:
        tally = self._tally
        tally.lines += 1
        try:
            record = _read(line)
            if record is None:
                return
            body = CustomerUpsert.model_construct(
                **{name: getattr(record, name) for name in CustomerUpsert.model_fields}
            )
            stored = await self._conversations.put_customer(self._tenant, record.id, body)
        except SouffleurError as error:
            if error.status >= 500:
                raise
            tally.refused += 1
            if len(tally.errors) < MOST_ERRORS:
                tally.errors.append(
                    LineError(
                        line=tally.lines, code=error.code, detail=error.detail, field=error.field
                    )
                )
            return
        if stored is not None and stored.changed:
            tally.stored += 1
        else:
            tally.unchanged += 1

    async def _note(self, state: str) -> Import:
        tally = self._tally
        changes = {
            "state": state,
            "updated_at": self._clock.now(),
            "lines": tally.lines,
            "stored": tally.stored,
            "unchanged": tally.unchanged,
            "refused": tally.refused,
            "errors": tuple(tally.errors),
            "errors_left_out": tally.refused - len(tally.errors),
        }
        progress = self._begun.model_copy(update=changes)
        await self._records.note(self._tenant, progress)
        return progress


def _read(line: bytes | None) -> CustomerLine | None:
    """Return the record of a line; nothing for a blank one."""
    if line is None:
        raise TooLarge(f"Keep a line within {MAX_LINE} bytes.")
    if not line.strip():
        return None
    try:
        return CustomerLine.model_validate_json(line)
    except ValidationError as error:
        raise from_validation(error) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MalformedInput("This is not valid JSON; send one JSON object a line.") from error


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes | None]:
    """Yield the lines of a body; ``None`` stands for one that is too long to be kept."""
    kept, too_long = b"", False
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield None if too_long or len(kept) + len(part) > MAX_LINE else kept + part
            kept, too_long = b"", False
        too_long = too_long or len(kept) + len(rest) > MAX_LINE
        kept = b"" if too_long else kept + rest
    if kept or too_long:
        yield None if too_long else kept
