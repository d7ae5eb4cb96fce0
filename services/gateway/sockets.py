"""WebSockets under uvicorn: our limits, and closing a connection whose other end does not read."""

import socket
from asyncio import BaseTransport, Transport
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

MAX_MESSAGE = 65_536
"""Bytes of one message from a client; a longer one closes its connection with 1009."""

_SEND_BUFFER = 65_536
"""Bytes the kernel may hold for a reader: less than usual, so that a stall is noticed soon."""

_DROP = "souffleur.drop"
_ABORT_S = 1.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's sans-I/O WebSocket protocol with a way out that does not wait for the reader."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Take a connection and bound what the kernel buffers for it."""
        super().connection_made(transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def handle_connect(self, event: Request) -> None:
        """Take the opening request and offer the application the way out."""
        super().handle_connect(event)
        # The application's task has been made but has not run yet, so it will see this.
        if hasattr(self, "scope"):
            extensions = cast(dict[str, object], self.scope["extensions"])
            extensions[_DROP] = {"drop": self.drop}

    def drop(self, code: int, reason: str) -> None:
        """Send a close frame behind what is buffered and cut the connection soon after."""
        transport: Transport = self.transport
        if transport.is_closing():
            return
        self.stop_keepalive()
        with suppress(InvalidState):
            self.conn.send_close(code, reason)
            transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        transport.close()
        # Closing waits until the buffer is empty, which a stalled reader prevents for ever.
        self.loop.call_later(_ABORT_S, transport.abort)


async def drop(websocket: WebSocket, code: int, reason: str) -> None:
    """Close without waiting for the reader; ``reason`` is a code word of at most 123 bytes."""
    extension = websocket.scope.get("extensions", {}).get(_DROP)
    if extension is None:
        await websocket.close(code, reason)
        return
    way_out: Callable[[int, str], None] = extension["drop"]
    way_out(code, reason)
