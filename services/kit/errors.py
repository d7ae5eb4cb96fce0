"""Errors that a caller sees: one code, one HTTP status and one WebSocket close code for each."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass
class SouffleurError(Exception):
    """An error with a stable ``code``; ``detail`` says what is wrong and what to do next.

    Attributes:
        detail: one sentence for the person who integrates us. Never holds personal data.
        field: the input field at fault, as a dotted path, when there is one.
        retry_after_s: how long to wait before the same call may work, when waiting helps.
    """

    detail: str
    field: str | None = None
    retry_after_s: float | None = None

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    close_code: ClassVar[int] = 1011

    def __str__(self) -> str:
        """Return the detail, with the field in front when there is one."""
        return f"{self.field}: {self.detail}" if self.field else self.detail

    def problem(self) -> dict[str, Any]:
        """Return the RFC 9457 problem document."""
        body: dict[str, Any] = {
            "type": f"urn:souffleur:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.field is not None:
            body["field"] = self.field
        return body


class InvalidInput(SouffleurError):
    """The input does not fit its contract."""

    code = "invalid_input"
    status = 422
    close_code = 1008


class MalformedInput(SouffleurError):
    """The input cannot be read at all (broken JSON, wrong frame type, strange encoding)."""

    code = "malformed_input"
    status = 400
    close_code = 1008


class Unauthenticated(SouffleurError):
    """There is no token, or it is not valid."""

    code = "unauthenticated"
    status = 401
    close_code = 4401


class Forbidden(SouffleurError):
    """The token is valid but may not do this."""

    code = "forbidden"
    status = 403
    close_code = 4403


class NotFound(SouffleurError):
    """There is no such thing in this tenant."""

    code = "not_found"
    status = 404
    close_code = 4404


class Conflict(SouffleurError):
    """The call does not fit the present state (ended conversation, gap in a sequence)."""

    code = "conflict"
    status = 409
    close_code = 4409


class TooLarge(SouffleurError):
    """The message or the body is over its limit."""

    code = "too_large"
    status = 413
    close_code = 1009


class Flooding(SouffleurError):
    """The caller sends faster than it may."""

    code = "flooding"
    status = 429
    close_code = 4429


class Unavailable(SouffleurError):
    """A part we need is down or full; trying again later may work."""

    code = "unavailable"
    status = 503
    close_code = 1013
