"""Sends one signed message to a receiver and says what came of it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpcore2
import httpx2

from services.contracts.events import ConversationEvent
from services.gateway.webhooks.guard import Guard, GuardedNetwork, RefusedAddress
from services.gateway.webhooks.signing import signed_headers
from services.kit.clock import Clock
from services.records.deliveries import Try

TIMEOUT_S = 15.0
"""A receiver answers within so long, or the message counts as not taken."""

_READ = 16_384
"""Bytes of an answer that are read, so that the connection can be used again; the rest is not."""


@dataclass(frozen=True)
class Sent:
    """What came of a try. ``retry_after_s`` is the receiver's own wish."""

    tried: Try
    retry_after_s: float | None = None


class Sender:
    """A client that the guard looks after. Use ``open``."""

    def __init__(self, client: httpx2.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    @classmethod
    @asynccontextmanager
    async def open(
        cls, guard: Guard, clock: Clock, verify: ssl.SSLContext | bool = True
    ) -> AsyncIterator["Sender"]:
        """Give a sender; its connections end with the block."""
        transport = _Transport(guard, verify)
        async with httpx2.AsyncClient(
            transport=transport, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False
        ) as client:
            yield cls(client, clock)

    async def send(self, url: str, message_id: str, body: bytes, secrets: Sequence[str]) -> Sent:
        """Post a message; never raises for anything that the receiver does."""
        at, begun = self._clock.now(), self._clock.monotonic()
        headers = {
            "content-type": "application/json",
            "user-agent": "Souffleur-Webhooks/1",
            **signed_headers(message_id, at, body, secrets),
        }
        status, error, retry_after = None, None, None
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._client.stream("POST", url, content=body, headers=headers) as response,
            ):
                status = response.status_code
                retry_after = _seconds(response.headers.get("retry-after"))
                await _read_a_little(response)
        except RefusedAddress:
            error = "address_refused"
        except (TimeoutError, httpx2.TimeoutException):
            error = "timeout"
        except (httpx2.HTTPError, httpcore2.ConnectError, ssl.SSLError, OSError):
            error = "connection" if status is None else None
        if status is not None and 300 <= status < 400:
            error = "redirect_refused"
        took = round((self._clock.monotonic() - begun) * 1000)
        return Sent(Try(at=at, status=status, error=error, took_ms=max(0, took)), retry_after)


class _Transport(httpx2.AsyncHTTPTransport):
    """httpx's own transport over a pool whose connections the guard makes."""

    def __init__(self, guard: Guard, verify: ssl.SSLContext | bool) -> None:
        super().__init__(verify=verify, trust_env=False)
        context = httpx2.create_ssl_context(verify=verify, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=200,
            max_keepalive_connections=50,
            keepalive_expiry=10,
            network_backend=GuardedNetwork(guard),
        )


def cloud_event(event: ConversationEvent) -> bytes:
    """Return an event under the names of CloudEvents 1.0 (JSON format)."""
    envelope = event.wire()
    conversation_id = envelope["conversation_id"]
    body = {
        "specversion": "1.0",
        "id": envelope["id"],
        "source": f"/v1/conversations/{conversation_id}",
        "subject": conversation_id,
        "type": envelope["type"],
        "time": envelope["time"],
        "datacontenttype": "application/json",
        "data": envelope["data"],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


async def _read_a_little(response: httpx2.Response) -> None:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > _READ:
            return


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None
