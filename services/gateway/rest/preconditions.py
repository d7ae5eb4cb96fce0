"""ETag, If-Match and If-None-Match (RFC 9110 section 13) for records that have versions."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import Header

from services.kit.errors import InvalidInput, SouffleurError

_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=500,
        description="Write only over the version with this ETag; `*`: only over one that exists.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=500,
        description="Reading: 304 when the ETag is still this one. Writing: `*` only when there "
        "is none yet.",
    ),
]


class PreconditionFailed(SouffleurError):
    """The record is not, or no longer, the version that the caller has seen."""

    code = "precondition_failed"
    status = 412
    close_code = 4409


def etag(version: int, updated_at: datetime) -> str:
    """Return a record's ETag. The time tells it from an erased record with the same id."""
    return f'"{version}-{int(updated_at.timestamp() * 1000):x}"'


def matches(header: str, tag: str | None, *, weak: bool = False) -> bool:
    """Say whether a list of ETags names ``tag``, or is ``*`` and there is one.

    Raises:
        InvalidInput: when the header is not a list of ETags.
    """
    if header.strip() == "*":
        return tag is not None
    return any(f'"{value}"' == tag and (weak or not is_weak) for is_weak, value in _tags(header))


def _tags(header: str) -> Iterable[tuple[bool, str]]:
    place = 0
    found = []
    while place < len(header):
        tag = _TAG.match(header, place)
        if tag is None:
            raise InvalidInput(
                'Send an ETag as it was given, in quotes: "3-19a".', field="If-Match"
            )
        found.append((tag[1] is not None, tag[2]))
        place = tag.end()
    return found
