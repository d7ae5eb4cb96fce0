"""The gateway as a client sees it: its REST calls and its sockets, with readable errors."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Subprotocol

from services.contracts.customer import CustomerUpsert
from services.kit.errors import InvalidInput, SouffleurError, Unavailable

SUBPROTOCOL = "souffleur.v1"

_TIMEOUT_S = 10.0

_PASSING = frozenset({"unavailable", "flooding"})
"""Error codes after which the same thing may work a little later."""

_MAX_FRAME = 4 * 1024 * 1024
"""A snapshot of a long conversation is larger than what we may send."""


class Refused(SouffleurError):
    """The gateway said no; ``detail`` holds its own words and its code."""

    code = "refused"
    status = 502


class NoAnswer(SouffleurError):
    """The gateway is there but did not answer in time; trying again would not tell more."""

    code = "no_answer"
    status = 504


class GatewayClient:
    """Talks to one gateway with one token (role ``admin``); opened with ``async with``."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            msg = f"{url} is not the address of a gateway; give one like http://127.0.0.1:8080."
            raise InvalidInput(msg, field="gateway")
        self._url = url.rstrip("/")
        self._socket_url = "ws" + self._url.removeprefix("http")
        self._header = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.AsyncClient(base_url=self._url, timeout=_TIMEOUT_S, trust_env=False)

    async def __aenter__(self) -> "GatewayClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def put_customer(self, customer_id: str, record: CustomerUpsert) -> None:
        """Store a customer's record."""
        await self._call(
            "PUT",
            f"/v1/customers/{quote(customer_id, safe='')}",
            json=record.model_dump(mode="json", exclude_none=True),
        )

    async def lend_documents(self, lines: bytes) -> list[tuple[int, str]]:
        """Lend documents, one JSON object a line; returns the lines refused and why."""
        kind = {"Content-Type": "application/x-ndjson"}
        results = await self._call("POST", "/v1/knowledge/documents", content=lines, headers=kind)
        return [
            (row["line"], f"{row['field']}: {row['detail']}" if row["field"] else row["detail"])
            for row in results["refused"]
        ]

    async def search(self, query: str, *, language: str | None, k: int) -> dict[str, Any]:
        """Return the passages that answer a question."""
        body = {"query": query, "language": language, "k": k}
        return dict(await self._call("POST", "/v1/knowledge/search", json=body))

    async def ticket(self, conversation_id: str) -> str:
        """Return a single-use ticket for the adviser's socket of this conversation."""
        body = await self._call("POST", "/v1/tickets", json={"conversation_id": conversation_id})
        return str(body["ticket"])

    @asynccontextmanager
    async def ingest(self, path: str) -> AsyncIterator[ClientConnection]:
        """Open an ingest socket (``/v1/ingest/audio`` or ``/v1/ingest/chat``)."""
        url = self._socket_url + path
        async with self._open(url, additional_headers=self._header) as socket:
            yield socket

    @asynccontextmanager
    async def adviser(self, conversation_id: str) -> AsyncIterator[ClientConnection]:
        """Open the adviser's socket of a conversation, with a fresh ticket as a browser would."""
        ticket = await self.ticket(conversation_id)
        offered = [Subprotocol(SUBPROTOCOL), Subprotocol(f"ticket.{ticket}")]
        query = f"?conversation_id={quote(conversation_id, safe='')}"
        url = f"{self._socket_url}/v1/adviser/stream{query}"
        async with self._open(url, subprotocols=offered) as socket:
            yield socket

    @asynccontextmanager
    async def _open(self, url: str, **options: Any) -> AsyncIterator[ClientConnection]:
        try:
            socket = await connect(
                url, max_size=_MAX_FRAME, open_timeout=_TIMEOUT_S, proxy=None, **options
            )
        except InvalidHandshake as error:
            raise _refused_upgrade(url, error) from None
        except (OSError, TimeoutError, InvalidMessage) as error:
            raise _unreachable(self._url, error) from None
        async with socket:
            yield socket

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **body: Any
    ) -> Any:
        try:
            answer = await self._http.request(
                method, path, headers=self._header | dict(headers or {}), **body
            )
        except httpx2.TransportError as error:
            raise _unreachable(self._url, error) from None
        if answer.is_success:
            return answer.json() if answer.content else {}
        raise _problem(f"{method} {path}", answer.status_code, answer.content)


def frame_of(message: str | bytes) -> dict[str, Any]:
    """Return a JSON frame of the gateway's."""
    frame = json.loads(message)
    if not isinstance(frame, dict):
        msg = "The gateway sent something that is no JSON object; is it a Souffleur gateway?"
        raise Unavailable(msg, field="gateway")
    return frame


def refusal(frame: Mapping[str, Any]) -> SouffleurError:
    """Return the error that an ``error`` frame stands for."""
    code = frame.get("code", "error")
    detail = f"{frame.get('detail', 'no reason given')} ({code})"
    kind = Unavailable if code in _PASSING else Refused
    return kind(detail, field=frame.get("field"))


def closed(error: ConnectionClosed) -> SouffleurError:
    """Return the error that a closed socket stands for."""
    if error.rcvd is None:
        return Unavailable("The connection to the gateway was lost.", field="gateway")
    reason = error.rcvd.reason or "no reason given"
    return Refused(f"The gateway closed the connection: {reason} ({error.rcvd.code}).")


def _refused_upgrade(url: str, error: InvalidHandshake) -> SouffleurError:
    path = urlsplit(url).path
    answer = getattr(error, "response", None)
    if answer is None:
        return Unavailable(f"{path}: no WebSocket answers there.", field="gateway")
    return _problem(path, answer.status_code, bytes(answer.body or b""))


def _problem(what: str, status: int, content: bytes) -> SouffleurError:
    try:
        body = json.loads(content)
        detail = str(body["detail"])
        field = body.get("field")
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, field = "no reason given", None
    if status in {429, 503}:
        return Unavailable(f"{what}: {detail}", field=field)
    return Refused(f"{what}: {detail} (HTTP {status})", field=field)


def _unreachable(url: str, error: Exception) -> SouffleurError:
    msg = f"No gateway answers at {url} ({type(error).__name__}); start one with `souffleur up`."
    return Unavailable(msg, field="gateway")
