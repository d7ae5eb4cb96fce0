"""Serves an ASGI application on a port for as long as a block lasts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Literal

import uvicorn
from fastapi import FastAPI

from services.kit.errors import Unavailable

DRAIN_S = 10
"""Requests that are being answered get so long to finish."""

MAX_MESSAGE = 65_536
"""Bytes of one WebSocket message from a client; a longer one closes its connection with 1009."""


@asynccontextmanager
async def serve(
    app: FastAPI,
    host: str,
    port: int,
    *,
    websocket: type[asyncio.Protocol] | Literal["websockets-sansio"] = "websockets-sansio",
    max_message: int = MAX_MESSAGE,
) -> AsyncIterator[int]:
    """Serve ``app`` while the context lasts and give the port it listens on (0 picks one).

    On leaving, no connection is taken any more, open sockets are closed with 1012 and requests get
    10 s to finish. Signals stay the caller's business.

    Args:
        app: the application; its lifespan is run.
        host: address to listen on.
        port: port to listen on.
        websocket: uvicorn's WebSocket protocol, or a class of one's own.
        max_message: bytes of one WebSocket message.

    Raises:
        Unavailable: when the port cannot be had, or the application does not start.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        ws=websocket,
        ws_max_size=max_message,
        # Frames are small and many: compressing each costs more than it saves.
        ws_per_message_deflate=False,
        log_config=None,
        # At "info" uvicorn writes the paths of WebSockets, which hold ids.
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        lifespan="on",
    )
    server = _Server(config)
    listening = _listen(host, port)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.serve([listening]))
        try:
            while not server.started:
                if running.done():
                    raise Unavailable("The service did not start; the log above says why.")
                await asyncio.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            # Waited for here: leaving the group because of an error would cut the server short.
            server.should_exit = True
            await asyncio.wait([running])
            listening.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The program decides what a signal means: it has more to stop than this server.
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        msg = f"Cannot listen on {host}:{port} ({error.strerror}); choose another --port."
        raise Unavailable(msg, field="port") from error
