"""A receiver of webhooks on a real port, which can refuse, hang up and be slow."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response

from services.kit.serving import serve


@dataclass
class Message:
    """What came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Receiver:
    """Answers ``status`` to everything; ``taken`` are the messages answered with 2xx."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[Message] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    under_way: int = 0
    most_under_way: dict[str, int] = field(default_factory=dict)
    _now: dict[str, int] = field(default_factory=dict)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Serve while the block lasts."""
    state = Receiver()
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        message = Message(dict(request.headers), await request.body())
        lane = message.event["subject"]
        state._now[lane] = state._now.get(lane, 0) + 1
        state.most_under_way[lane] = max(state._now[lane], state.most_under_way.get(lane, 0))
        state.seen.append(message)
        if state.status < 300:
            state.taken.append(message)
        state._now[lane] -= 1
        return Response(status_code=state.status, headers=state.headers)

    async with serve(app, "127.0.0.1", 0) as port:
        state.url = f"http://127.0.0.1:{port}/hook"
        yield state
