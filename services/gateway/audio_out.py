"""The remote sink: one WebSocket to the transcribe service for each leg."""

import asyncio
import json

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from services.contracts.audio import AudioLeg, LegStart
from services.kit.errors import SouffleurError, Unavailable

_PING_EVERY_S = 0.5
_PONG_WITHIN_S = 1.2
"""A transcriber that hangs is found out within 2 s, even while the kernel still buffers audio."""

_BUFFERED = 32_768
"""Bytes that wait in this process; behind that ``push`` waits, and its caller has a time limit."""


class RemoteSink:
    """Sends legs to ``SOUFFLEUR_TRANSCRIBE_URL``."""

    def __init__(self, url: str, service_token: str) -> None:
        """Take the service's base URL (``ws://host:port``) and the secret shared with it."""
        self._url = url.rstrip("/") + "/v1/legs"
        self._headers = {"Authorization": f"Bearer {service_token}"}

    async def open(self, leg: LegStart) -> AudioLeg:
        """Connect and announce the leg.

        Raises:
            Unavailable: when the service cannot be reached or refuses.
        """
        try:
            connection = await connect(
                self._url,
                additional_headers=self._headers,
                compression=None,
                open_timeout=2.0,
                ping_interval=_PING_EVERY_S,
                ping_timeout=_PONG_WITHIN_S,
                close_timeout=1.0,
                write_limit=_BUFFERED,
                proxy=None,
            )
            try:
                await connection.send(leg.model_dump_json())
                opened = json.loads(await connection.recv()).get("type") == "opened"
            except BaseException:
                connection.transport.abort()
                raise
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as error:
            raise _gone() from error
        if not opened:
            await connection.close()
            raise _gone()
        return RemoteLeg(connection)


class RemoteLeg:
    """A leg at the transcribe service."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def push(self, samples: bytes) -> None:
        """Send samples.

        Raises:
            Unavailable: when the connection is gone.
        """
        try:
            await self._connection.send(samples)
        except asyncio.CancelledError:
            # The caller gave up waiting: what was sent is unknown, so this leg is over.
            self._connection.transport.abort()
            raise
        except (WebSocketException, OSError) as error:
            raise _gone() from error

    async def close(self) -> None:
        """Send the end and wait until the service says that everything is in the journal.

        Raises:
            Unavailable: when the connection is gone before that.
        """
        try:
            await self._connection.send('{"type":"end"}')
            async for message in self._connection:
                if json.loads(message).get("type") == "closed":
                    break
            else:
                raise _gone()
        except (WebSocketException, OSError) as error:
            raise _gone() from error
        finally:
            await self._connection.close()


def _gone() -> SouffleurError:
    return Unavailable("The transcribe service cannot be reached.", retry_after_s=1.0)
