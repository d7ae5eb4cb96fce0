"""A scripted gateway for the panel's tests: real HTTP and WebSocket, events given by the test.

It speaks the adviser's socket as the gateway does, folds with the gateway's own fold, and can do on
purpose what the real one does only by accident: cut, lag, repeat, resync, refuse.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from services.contracts.adviser import Screen
from services.contracts.events import ConversationEvent, cursor_of
from services.gateway.screen import fold

DIST = Path(__file__).parents[2] / "services" / "gateway" / "panel" / "dist"
TOKEN = "a-token-for-the-stage"
GREETING_S = 0.1
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types lit-html"
)


class Stage:
    """What the panel talks to; the test writes the events and reads what came back."""

    def __init__(self) -> None:
        self.events: dict[str, list[ConversationEvent]] = {}
        self.conversations: list[dict[str, Any]] = []
        self.labels: dict[str, Any] = {}
        self.tickets: list[str | None] = []
        self.received: list[dict[str, Any]] = []
        self.tokens = {TOKEN}
        self.accepting = True
        self.url = ""
        self._sockets: dict[WebSocket, str | None] = {}
        self._arrived = asyncio.Event()

    async def play(self, events: list[ConversationEvent]) -> None:
        """Add events to their conversations and send them to who follows those."""
        for event in events:
            conversation = event.event.conversation_id
            self.events.setdefault(conversation, []).append(event)
            await self.say({"type": "event", "event": event.wire()}, conversation)

    async def say(self, frame: dict[str, Any], conversation: str | None) -> None:
        """Send one frame to every socket of a conversation (``None``: the lobby's)."""
        for socket, followed in list(self._sockets.items()):
            if followed == conversation:
                await socket.send_json(frame)

    async def list_conversations(self, items: list[dict[str, Any]]) -> None:
        """Set and send the list of live conversations."""
        self.conversations = items
        await self.say({"type": "conversations", "items": items}, None)

    async def cut(self, code: int = 1012) -> None:
        """Close every socket."""
        for socket in list(self._sockets):
            await socket.close(code)

    async def resync(self, conversation: str) -> None:
        """Send ``resync`` and a fresh snapshot."""
        await self.say({"type": "resync"}, conversation)
        await self.say(self.snapshot(conversation), conversation)

    def screen(self, conversation: str) -> Screen:
        """Fold the events so far."""
        return fold(Screen(conversation_id=conversation), self.events.get(conversation, []))

    def snapshot(self, conversation: str) -> dict[str, Any]:
        """Return the first frame of a conversation's socket."""
        events = self.events.get(conversation)
        return {
            "type": "snapshot",
            "cursor": events[-1].id if events else "1-0",
            "screen": self.screen(conversation).model_dump(mode="json"),
            "labels": self.labels,
        }

    async def expect(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait until the panel has sent a frame of this type with these fields."""
        while True:
            self._arrived.clear()
            for frame in self.received:
                if frame["type"] == kind and fields.items() <= frame.items():
                    return frame
            await asyncio.wait_for(self._arrived.wait(), 10)

    async def ticket(self, request: Request) -> Response:
        """``POST /v1/tickets``."""
        if not self.accepting:
            return JSONResponse({"title": "try later"}, 503)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return JSONResponse({"title": "unauthorized"}, 401)
        body = await request.json()
        self.tickets.append(body.get("conversation_id"))
        return JSONResponse({"ticket": f"n{len(self.tickets)}"})

    async def stream(self, socket: WebSocket) -> None:
        """``/v1/adviser/stream``."""
        offered = socket.scope["subprotocols"]
        if offered != ["souffleur.v1", f"ticket.n{len(self.tickets)}"]:
            await socket.close(4401)
            return
        conversation = socket.query_params.get("conversation_id")
        await socket.accept(subprotocol="souffleur.v1")
        if conversation is None:
            await socket.send_json({"type": "conversations", "items": self.conversations})
        else:
            await self._greet(socket, conversation)
        self._sockets[socket] = conversation
        try:
            while True:
                self._note(await socket.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            del self._sockets[socket]

    async def _greet(self, socket: WebSocket, conversation: str) -> None:
        """Send a snapshot, or what was missed to a panel that says first where it was."""
        first = None
        with suppress(TimeoutError):
            async with asyncio.timeout(GREETING_S):
                first = await socket.receive_json()
        if first is None or first["type"] != "resume":
            await socket.send_json(self.snapshot(conversation))
            return
        self._note(first)
        last = cursor_of(first["last_event_id"])
        await socket.send_json({"type": "resumed", "cursor": first["last_event_id"]})
        for event in self.events.get(conversation, []):
            if cursor_of(event.id) > last:
                await socket.send_json({"type": "event", "event": event.wire()})

    def _note(self, frame: dict[str, Any]) -> None:
        self.received.append(frame)
        self._arrived.set()


class _ContentSecurity:
    """Send the strict policy that the page must live with."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"content-security-policy", CSP.encode()))
            await send(message)

        await self._app(scope, receive, with_policy)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Serve a stage on a free port of the loopback interface."""
    act = Stage()
    app = Starlette(
        routes=[
            Route("/v1/tickets", act.ticket, methods=["POST"]),
            WebSocketRoute("/v1/adviser/stream", act.stream),
            Mount("/", StaticFiles(directory=DIST, html=True)),
        ],
        middleware=[Middleware(_ContentSecurity)],
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_level="warning",
            ws="websockets-sansio",
            lifespan="off",
        )
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        act.url = f"http://127.0.0.1:{port}"
        try:
            yield act
        finally:
            with suppress(RuntimeError):
                await act.cut(1001)
            server.should_exit = True
            await running
