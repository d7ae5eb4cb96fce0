"""The transcribe service: legs of audio over WebSocket, for a gateway in another process.

The wire of ``/v1/legs``, one socket a leg (the gateway's side is ``gateway/audio_out.py``):

* The upgrade carries ``Authorization: Bearer <SOUFFLEUR_SERVICE_TOKEN>``; otherwise it is refused
  with 403.
* First frame, text: a ``LegStart`` as JSON. Answer: ``{"type":"opened"}``.
* Then binary frames: samples in the leg's encoding, up to 64 KiB each. A slow reader is felt as
  TCP back pressure, never as loss.
* At the end, text ``{"type":"end"}``. Answer, once the last final is in the journal:
  ``{"type":"closed"}``, and close code 1000.
* An error is ``{"type":"error","code","detail","field","retry_after_s"}``, then the close code of
  that error (1008 for a frame that does not fit, 1013 for "try again later").
* A socket that ends without ``end`` ends the leg in the same way; its turns are kept.

Turns go to the journal, never back over this socket.
"""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import StringConstraints, ValidationError
from starlette.types import Message

from services.contracts.audio import AudioLeg, LegStart
from services.contracts.base import Contract
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import (
    InvalidInput,
    MalformedInput,
    SouffleurError,
    TooLarge,
    Unavailable,
)
from services.kit.metrics import Metrics
from services.kit.operations import operations_router
from services.kit.settings import Settings
from services.transcribe.engines.port import Engine
from services.transcribe.transcriber import Journal, Transcriber, TranscriberSink

__all__ = ["Transcriber", "TranscriberSink", "create_app"]

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 64 * 1024
_FIRST_FRAME_S = 10.0


class _End(Contract):
    """The only text frame after the first."""

    type: Literal["end"]


class _LegError(Contract):
    type: Literal["error"] = "error"
    code: str
    detail: Annotated[str, StringConstraints(min_length=1)]
    field: str | None = None
    retry_after_s: float | None = None


def create_app(
    settings: Settings,
    *,
    journal: Journal,
    engine: Engine | None = None,
    clock: Clock = SYSTEM_CLOCK,
    metrics: Metrics | None = None,
) -> FastAPI:
    """Build the service; the engine is loaded when the application starts.

    ``/metrics`` shows ``metrics``, a registry of its own unless one is given.

    Raises:
        InvalidInput: without ``service_token``.
    """
    if not settings.service_token:
        detail = "set SOUFFLEUR_SERVICE_TOKEN, the same in the gateway and the transcribe service"
        raise InvalidInput(detail, field="service_token")
    running: list[TranscriberSink] = []
    registry = metrics or Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with Transcriber.open(
            settings, journal, engine, clock=clock, metrics=registry
        ) as sink:
            running.append(sink)
            yield
            running.clear()

    app = FastAPI(title="Souffleur transcribe", lifespan=lifespan, docs_url=None, redoc_url=None)

    async def started() -> None:
        if not running or not running[0].ready:
            raise Unavailable("starting, stopping, or without an engine")

    app.include_router(
        operations_router(
            {"engine": started},
            registry.render,
            degraded=lambda: running[0].degraded if running else None,
        )
    )

    @app.websocket("/v1/legs")
    async def legs(socket: WebSocket) -> None:
        given = socket.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {settings.service_token}".encode()):
            await socket.close(1008)
            return
        await socket.accept()
        await _serve(socket, running[0])

    return app


async def _serve(socket: WebSocket, sink: TranscriberSink) -> None:
    """Run one leg's socket from its first frame to its close."""
    leg: AudioLeg | None = None
    try:
        async with asyncio.timeout(_FIRST_FRAME_S):
            start = _parse_start(await socket.receive())
        leg = await sink.open(start)
        await socket.send_json({"type": "opened"})
        while (data := _audio(await socket.receive())) is not None:
            await leg.push(data)
        await leg.close()
        leg = None
        await socket.send_json({"type": "closed"})
        await socket.close(1000)
    except SouffleurError as error:
        await _refuse(socket, error)
    except TimeoutError:
        await _refuse(socket, MalformedInput("no LegStart came within 10 s"))
    except WebSocketDisconnect:
        _LOG.info("a leg's socket went away")
    finally:
        if leg is not None:
            await _end(leg)


def _parse_start(message: Message) -> LegStart:
    text = _text(message)
    if text is None:
        raise MalformedInput("the first frame must be text: a LegStart as JSON")
    try:
        return LegStart.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise InvalidInput(first["msg"], field=field) from None


def _audio(message: Message) -> bytes | None:
    """Return a frame's audio, or ``None`` for the end.

    Raises:
        WebSocketDisconnect: when the other side is gone.
        SouffleurError: when the frame is neither audio nor the end.
    """
    text = _text(message)
    if text is None:
        data = message["bytes"]
        if not isinstance(data, bytes):
            raise MalformedInput("send audio as binary frames")
        if len(data) > _MOST_BYTES:
            raise TooLarge(f"a frame may hold {_MOST_BYTES} bytes of audio")
        return data
    try:
        _End.model_validate_json(text)
    except ValidationError:
        raise InvalidInput('after the first frame, the only text is {"type":"end"}') from None
    return None


def _text(message: Message) -> str | None:
    if message["type"] == "websocket.disconnect":
        code = message.get("code")
        raise WebSocketDisconnect(code if isinstance(code, int) else 1006)
    text = message.get("text")
    return text if isinstance(text, str) else None


async def _refuse(socket: WebSocket, error: SouffleurError) -> None:
    frame = _LegError(
        code=error.code, detail=error.detail, field=error.field, retry_after_s=error.retry_after_s
    )
    try:
        await socket.send_text(frame.model_dump_json())
        await socket.close(error.close_code)
    except (WebSocketDisconnect, RuntimeError):
        _LOG.info("a leg's socket went away before its error could be told")


async def _end(leg: AudioLeg) -> None:
    try:
        await leg.close()
    except SouffleurError as error:
        _LOG.warning("a leg did not end cleanly", extra={"code": error.code})
