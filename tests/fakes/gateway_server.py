"""A real gateway on a real port over a real private Redis, with a sink that tests listen to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from services.contracts.audio import AudioLeg, LegStart
from services.gateway.app import create_app, serve
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.errors import Unavailable
from services.kit.settings import Settings
from services.kit.tokens import Principal, TokenIssuer, TokenRole
from services.playbooks import BuiltIn, read

SECRET = "0123456789abcdef0123456789abcdef"
BUILT_IN_TEXT = b"""\
id: tiny
version: 1
name: {fr: Petit, en: Tiny}
topics:
  - {id: orders, name: {fr: Commandes, en: Orders}}
intents:
  - id: delivery_late
    topic: orders
    name: {fr: Livraison en retard, en: Late delivery}
    examples: {fr: [mon colis est en retard], en: [my parcel is late]}
  - id: delivery_lost
    topic: orders
    name: {fr: Colis perdu, en: Lost parcel}
    examples: {fr: [mon colis est perdu], en: [my parcel is lost]}
"""
BUILT_IN = BuiltIn(read(BUILT_IN_TEXT, "yaml").playbook, BUILT_IN_TEXT)


@dataclass
class Leg:
    """A leg as the sink got it."""

    start: LegStart
    sink: "Sink"
    samples: bytearray = field(default_factory=bytearray)
    closed: bool = False

    async def push(self, samples: bytes) -> None:
        await self.sink.obey()
        self.samples += samples

    async def close(self) -> None:
        await self.sink.obey()
        self.closed = True


class Sink:
    """An audio sink that records, and that can be down or hang on request."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.down = False
        self.hanging = False

    async def open(self, leg: LegStart) -> AudioLeg:
        await self.obey()
        self.legs.append(Leg(leg, self))
        return self.legs[-1]

    async def obey(self) -> None:
        if self.hanging:
            await asyncio.Event().wait()
        if self.down:
            raise Unavailable("The transcriber is down.")


@dataclass
class Running:
    """A running gateway and what a test needs to talk to it."""

    app: FastAPI
    port: int
    journal: Journal
    sink: Sink
    settings: Settings
    http: httpx2.AsyncClient

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def token(
        self, role: TokenRole, tenant: str = "acme", subject: str = "s1", **options: Any
    ) -> str:
        principal = Principal(tenant, role, subject)
        return TokenIssuer(SECRET).issue(principal, now=datetime.now(UTC), **options)

    def auth(
        self, role: TokenRole, tenant: str = "acme", subject: str = "s1", **options: Any
    ) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role, tenant, subject, **options)}"}

    def socket(self, path: str, role: TokenRole, tenant: str = "acme", **options: Any) -> connect:
        headers = {**self.auth(role, tenant), **options.pop("headers", {})}
        return connect(
            self.ws_url + path, additional_headers=headers, proxy=None, close_timeout=2, **options
        )

    def adviser(
        self, conversation_id: str | None, after: str | None = None, **options: Any
    ) -> connect:
        query = "&".join(
            f"{name}={value}"
            for name, value in (("conversation_id", conversation_id), ("after", after))
            if value is not None
        )
        return self.socket(f"/v1/adviser/stream?{query}", "adviser", **options)

    async def create(self, **body: Any) -> str:
        answer = await self.http.post(
            "/v1/conversations", json={"channel": "chat", **body}, headers=self.auth("ingest")
        )
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["id"])

    async def say(self, conversation_id: str, text: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(
            f"/v1/conversations/{conversation_id}/turns",
            json={"role": "customer", "text": text, **body},
            headers=self.auth("ingest"),
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@asynccontextmanager
async def running_gateway(
    tmp_path: Path,
    *,
    redis_url: str | None = None,
    changes: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Running]:
    """Run everything while the context lasts.

    ``changes`` are settings, ``options`` go to ``create_app``.
    """
    settings = Settings(
        **{
            "data_dir": tmp_path / "data",
            "token_secret": SECRET,
            "allowed_origins": ("https://desk.example",),
            **(changes or {}),
        }
    )
    sink = options.pop("audio_sink", None) or Sink()
    async with AsyncExitStack() as stack:
        url = redis_url or await stack.enter_async_context(embedded_redis(tmp_path / "redis"))
        journal = await stack.enter_async_context(Journal.open(url))
        app = create_app(settings, journal=journal, audio_sink=sink, built_in=BUILT_IN, **options)
        port = await stack.enter_async_context(serve(app, "127.0.0.1", 0))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        )
        yield Running(app, port, journal, sink, settings, http)


async def hear(socket: ClientConnection, within_s: float = 5.0) -> dict[str, Any]:
    """Return the next frame."""
    async with asyncio.timeout(within_s):
        return dict(json.loads(await socket.recv()))


async def hear_until(socket: ClientConnection, type_: str, within_s: float = 5.0) -> dict[str, Any]:
    """Return the first frame, or the first event, of a type."""
    async with asyncio.timeout(within_s):
        while True:
            frame = json.loads(await socket.recv())
            event = frame.get("event", {})
            if frame["type"] == type_ or event.get("type") == type_:
                return dict(event) if event.get("type") == type_ else dict(frame)


async def tell(socket: ClientConnection, **frame: Any) -> None:
    """Send a frame."""
    await socket.send(json.dumps(frame))


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait until something outside the loop's events (a sink, another process) is so."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - nothing here announces its changes
            await asyncio.sleep(0.01)
