"""What surrounds every HTTP request: a limit on its body, safe headers, and the time it took."""

import time
from contextlib import suppress

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.measures import GatewayMeasures
from services.gateway.problems import problem_response
from services.kit.errors import TooLarge

MAX_BODY = 2 * 1024 * 1024
"""Bytes: a customer's record with 500 contacts fits."""

IMPORT_PATH = "/v1/customers/import"

MAX_IMPORT = 512 * 1024 * 1024
"""Bytes of an import, which is read line by line and never held whole."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)

_PANEL_PATH = "/"


def _permissions(path: str) -> tuple[bytes, bytes]:
    """Return what a page may ask the browser for: the panel's may open a test call."""
    microphone = b"(self)" if path == _PANEL_PATH else b"()"
    return b"permissions-policy", b"camera=(), microphone=" + microphone + b", geolocation=()"


class HttpLimits:
    """Middleware, outermost."""

    def __init__(self, app: ASGIApp, measures: GatewayMeasures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its body is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        body = _Body(scope, receive)

        async def reply(message: Message) -> None:
            nonlocal status
            if body.too_long and not body.answered:
                return  # whatever was made of half a body
            if message["type"] == "http.response.start":
                body.answered = True
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
                message["headers"].append(_permissions(scope["path"]))
                if scope["path"].startswith("/v1/"):
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            with suppress(_TooLong):
                await self._app(scope, body.read, reply)
            if body.too_long and not body.answered:
                body.too_long = False
                await problem_response(_too_large(body.limit))(scope, receive, reply)
        finally:
            # The route's pattern, never the path: a path holds ids.
            route = scope.get("route")
            name = route.path if isinstance(route, APIRoute) else "none"
            self._measures.requests.labels(scope["method"], name, str(status)).inc()
            self._measures.request_seconds.labels(name).observe(time.perf_counter() - started)


class _TooLong(Exception):
    """The body is over its limit."""


class _Body:
    """Reads a request's body up to the limit."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        declared = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
        self.too_long = False
        self.answered = False
        self._receive = receive
        self.limit = MAX_IMPORT if scope["path"] == IMPORT_PATH else MAX_BODY
        self._left = self.limit
        self._declared = int(declared) if declared.isdigit() else 0

    async def read(self) -> Message:
        if self._declared <= self.limit:
            message = await self._receive()
            self._left -= len(message.get("body", b""))
            if self._left >= 0:
                return message
        self.too_long = True
        raise _TooLong


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"Send at most {limit} bytes.", field="body")
