"""The panel in a real browser in front of a real gateway, on a line that a test can cut."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.fakes.gateway_server import Running, running_gateway
from tests.fakes.panel_recording import CONVERSATION, CUSTOMER, Step, dated

TENANT = "acme"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Line:
    """Bytes between the browser and the gateway, until the test cuts them."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self.accepting = True
        self.port = 0

    def cut(self) -> None:
        """Drop every connection on it, with no goodbye."""
        for writer in self._open:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the browser's."""
        if not self.accepting:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ends = {writer, far_writer}
        self._open |= ends
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(reader, far_writer))
                tasks.create_task(_pump(far_reader, writer))
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.transport.abort()


class Desk:
    """An adviser's desk: the gateway, the line to it and the browser."""

    def __init__(self, gateway: Running, line: Line, browser: Browser) -> None:
        self.gateway = gateway
        self.line = line
        self.browser = browser
        self.problems: list[str] = []
        self._said = 0

    async def open(self, path: str = "", *, token: str | None = None, **context: Any) -> Page:
        """Open the panel, signed in as an adviser; anything the page complains of is kept."""
        options = {"locale": "fr-FR", "viewport": {"width": 1280, "height": 800}} | context
        page = await (await self.browser.new_context(**options)).new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self._listen(message.type, message.text))
        token = self.gateway.token("adviser") if token is None else token
        await page.goto(f"http://127.0.0.1:{self.line.port}/#token={token}{path}")
        return page

    def _listen(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.problems.append(text)

    async def begin(self, conversation: str = CONVERSATION, channel: str = "voice") -> None:
        """Begin a conversation with the customer of the recording."""
        record = {k: v for k, v in CUSTOMER.items() if k not in {"id", "version", "updated_at"}}
        answer = await self.gateway.http.put(
            f"/v1/customers/{CUSTOMER['id']}", json=record, headers=self.gateway.auth("crm")
        )
        assert answer.status_code in {200, 201}, answer.text
        await self.gateway.create(
            id=conversation, channel=channel, customer_id=CUSTOMER["id"], language="fr"
        )

    async def play(self, steps: list[Step], conversation: str = CONVERSATION) -> None:
        """Publish what the other services would."""
        for step in steps:
            self._said += 1
            await self.gateway.journal.publish(
                TENANT,
                dated(step, self._said, conversation),
                producer=f"recording-{self._said}",
                seq=1,
            )

    async def happened(self, kind: str, conversation: str = CONVERSATION) -> dict[str, Any]:
        """Wait for an event of a type in the journal and return its data."""
        async with asyncio.timeout(10):
            async for event in self.gateway.journal.tail(TENANT, conversation, after=None):
                if event.event.type == kind:
                    return event.event.data.model_dump(mode="json", exclude_none=True)
        raise AssertionError(kind)


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """Run the system's browser where there is one, else the one that playwright installed."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=[*ARGUMENTS, *arguments]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def desk(folder: Path, browser: Sequence[str] = (), **options: Any) -> AsyncIterator[Desk]:
    """Run a gateway (``options`` are its own), a line and a browser while the context lasts."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running_gateway(folder, **options))
        line = Line(gateway.port)
        server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
        stack.callback(line.cut)
        stack.callback(server.close)
        line.port = server.sockets[0].getsockname()[1]
        yield Desk(gateway, line, await stack.enter_async_context(chromium(*browser)))
