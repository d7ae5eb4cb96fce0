"""What surrounds every HTTP request: a limit on its body, safe headers, and the time it took."""

import time

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.measures import GatewayMeasures
from services.gateway.problems import problem_response
from services.kit.errors import TooLarge

MAX_BODY = 2 * 1024 * 1024
"""Bytes: a customer's record with 500 contacts fits."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


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
        started, status, begun = time.perf_counter(), 500, False

        async def reply(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun = True
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
                if scope["path"].startswith("/v1/"):
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            await self._app(scope, _bounded(scope, receive), reply)
        except _TooLong:
            if begun:
                raise
            await problem_response(_too_large())(scope, receive, reply)
        finally:
            # The route's pattern, never the path: a path holds ids.
            route = scope.get("route")
            name = route.path if isinstance(route, APIRoute) else "none"
            self._measures.requests.labels(scope["method"], name, str(status)).inc()
            self._measures.request_seconds.labels(name).observe(time.perf_counter() - started)


class _TooLong(Exception):
    """The body is over its limit."""


def _bounded(scope: Scope, receive: Receive) -> Receive:
    declared = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
    left = MAX_BODY

    async def read() -> Message:
        nonlocal left
        if declared.isdigit() and int(declared) > MAX_BODY:
            raise _TooLong
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _TooLong
        return message

    return read


def _too_large() -> TooLarge:
    return TooLarge(f"Send at most {MAX_BODY} bytes.", field="body")
