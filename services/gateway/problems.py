"""Errors of HTTP as RFC 9457 documents, whatever raised them."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from services.gateway.validation import from_details
from services.kit.errors import SouffleurError, Unavailable

MEDIA_TYPE = "application/problem+json"

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What is wrong and what to do next (RFC 9457).",
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "code", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "code": {"type": "string"},
                        "detail": {"type": "string"},
                        "field": {"type": "string", "description": "Dotted path of the field."},
                        "errors": {
                            "type": "array",
                            "description": "Of a playbook: each fault, where, and what to do.",
                            "items": {
                                "type": "object",
                                "required": ["path", "line", "detail", "fix"],
                                "properties": {
                                    "path": {"type": "string"},
                                    "line": {"type": ["integer", "null"]},
                                    "detail": {"type": "string"},
                                    "fix": {"type": "string"},
                                },
                            },
                        },
                    },
                }
            }
        },
    }
}
"""How OpenAPI describes every refusal."""

_TITLES = {404: "not_found", 405: "method_not_allowed", 400: "malformed_input", 413: "too_large"}

_NEXT_STEPS = {
    404: "There is no such path; /openapi.json lists those there are.",
    405: "This path does not take that method; see /openapi.json.",
    400: "The body could not be read; send JSON in UTF-8.",
}


def problem_response(error: SouffleurError) -> JSONResponse:
    """Return the problem document of an error, with ``Retry-After`` when waiting helps."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        error.problem(), status_code=error.status, media_type=MEDIA_TYPE, headers=headers
    )


def add_handlers(app: FastAPI) -> None:
    """Make every error of ``app`` a problem document, also before a WebSocket's upgrade."""

    async def ours(_: HTTPConnection, error: SouffleurError) -> JSONResponse:
        return problem_response(error)

    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # FastAPI puts where the value came from ("body", "path", "query") in front.
        return problem_response(from_details(error.errors(), 1))

    async def http(_: HTTPConnection, error: HTTPException) -> JSONResponse:
        code = _TITLES.get(error.status_code, "http_error")
        body = {
            "type": f"urn:souffleur:problem:{code}",
            "title": code.replace("_", " ").capitalize(),
            "status": error.status_code,
            "code": code,
            "detail": _NEXT_STEPS.get(error.status_code, "The request was refused."),
        }
        return JSONResponse(
            body, status_code=error.status_code, media_type=MEDIA_TYPE, headers=error.headers
        )

    async def invalid_upgrade(_: WebSocket, error: WebSocketRequestValidationError) -> JSONResponse:
        return problem_response(from_details(error.errors(), 1))

    async def journal_down(_: HTTPConnection, error: RedisError) -> JSONResponse:
        del error
        return problem_response(journal_unavailable())

    async def unexpected(_: HTTPConnection, error: Exception) -> JSONResponse:
        # The traceback is logged by the server; its text is not shown, it may quote a customer.
        del error
        return problem_response(SouffleurError("Something broke on our side; it has been logged."))

    app.add_exception_handler(SouffleurError, ours)  # type: ignore[arg-type]  # narrower than Exception
    app.add_exception_handler(RequestValidationError, invalid)  # type: ignore[arg-type]
    app.add_exception_handler(WebSocketRequestValidationError, invalid_upgrade)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, http)  # type: ignore[arg-type]
    app.add_exception_handler(RedisError, journal_down)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, unexpected)


def journal_unavailable() -> Unavailable:
    """Return the error that says that the journal does not answer."""
    return Unavailable("The journal does not answer; try again in a moment.", retry_after_s=2.0)
