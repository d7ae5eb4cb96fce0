"""A TCP way to a Redis on a unix socket, which a test can cut or make swallow everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


class Proxy:
    """Forwards bytes both ways until told otherwise."""

    def __init__(self, socket: Path) -> None:
        self.url = ""
        self._socket = socket
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusing = False
        self._asking = asyncio.Event()
        self._answering = asyncio.Event()
        self.mend()

    def cut(self) -> None:
        """Reset every connection, and each new one, until ``mend``."""
        self._refusing = True
        for writer in self._writers:
            writer.transport.abort()

    def swallow(self) -> None:
        """Keep connections open, but let nothing through, until ``mend``."""
        self._asking.clear()
        self._answering.clear()

    def swallow_answers(self) -> None:
        """Let commands through and keep back what Redis says to them, until ``mend``."""
        self._answering.clear()

    def mend(self) -> None:
        self._refusing = False
        self._asking.set()
        self._answering.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        inner_reader, inner_writer = await asyncio.open_unix_connection(self._socket)
        self._writers |= {writer, inner_writer}
        try:
            await asyncio.gather(
                self._pump(reader, inner_writer, self._asking),
                self._pump(inner_reader, writer, self._answering),
            )
        finally:
            self._writers -= {writer, inner_writer}

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await flowing.wait()
                if writer.transport.is_closing():
                    break
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def redis_proxy(socket: Path) -> AsyncIterator[Proxy]:
    proxy = Proxy(socket)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    try:
        yield proxy
    finally:
        server.close()
        proxy.mend()
        proxy.cut()
        await asyncio.sleep(0)
