"""An AudioHook client as Genesys Cloud is one: it signs its request and keeps count of messages."""

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect

ORGANIZATION = "d7934305-0972-4844-938e-9060eef73d05"
KEY = "api-key-of-acme"
SECRET = base64.b64encode(b"a client secret of some length!!").decode()
COVERED = (
    "@request-target",
    "audiohook-session-id",
    "@authority",
    "audiohook-organization-id",
    "audiohook-correlation-id",
    "x-api-key",
)
PATH = "/v1/ingest/audiohook"
STEREO = {"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000}


def signed_headers(port: int, **change: Any) -> dict[str, str]:
    """Return the opening headers; ``change`` spoils or replaces parts of them."""
    session = change.get("session", str(uuid.uuid4()))
    headers = {
        "Audiohook-Organization-Id": ORGANIZATION,
        "Audiohook-Session-Id": session,
        "Audiohook-Correlation-Id": str(uuid.uuid4()),
        "X-API-KEY": change.get("key", KEY),
    }
    values = {name.lower(): value for name, value in headers.items()}
    values |= {"@request-target": PATH, "@authority": f"127.0.0.1:{port}"}
    covered = change.get("covered", COVERED)
    inner = "(" + " ".join(f'"{name}"' for name in covered) + ")"
    created = int(change.get("created", datetime.now(UTC).timestamp()))
    nonce = change.get("nonce", secrets.token_urlsafe(24))
    parameters = (
        f'{inner};keyid="{change.get("key", KEY)}";nonce="{nonce}"'
        f';alg="hmac-sha256";created={created};expires={created + 10}'
    )
    lines = [*(f'"{name}": {values[name]}' for name in covered)]
    base = "\n".join((*lines, f'"@signature-params": {parameters}'))
    key = base64.b64decode(change.get("secret", SECRET))
    mac = base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()
    return {**headers, "Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{mac}:"}


@dataclass
class AudioHookClient:
    """One session; every message from the server is held against the count."""

    socket: ClientConnection
    session: str
    sent: int = 0
    heard: int = 0
    position_ms: float = 0.0
    inbox: list[dict[str, Any]] = field(default_factory=list)

    async def tell(self, type_: str, **parameters: Any) -> None:
        self.sent += 1
        message = {
            "version": "2",
            "id": self.session,
            "type": type_,
            "seq": self.sent,
            "serverseq": self.heard,
            "position": f"PT{self.position_ms / 1000:g}S",
            "parameters": parameters,
        }
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        self.heard += 1
        assert message["version"] == "2"
        assert message["id"] == self.session
        assert message["seq"] == self.heard, "a gap in the server's numbers is fatal"
        assert message["clientseq"] <= self.sent
        self.inbox.append(message)
        return message

    async def hear_until(self, type_: str) -> dict[str, Any]:
        while True:
            message = await self.hear()
            if message["type"] == type_:
                return message

    async def open(self, conversation: str | None = None, **more: Any) -> dict[str, Any]:
        parameters = {
            "organizationId": ORGANIZATION,
            "conversationId": conversation or str(uuid.uuid4()),
            "participant": {"id": str(uuid.uuid4()), "ani": "+33612345678", "dnis": "+33188"},
            "media": [STEREO, {**STEREO, "channels": ["external"]}],
            "language": "fr-FR",
        }
        await self.tell("open", **parameters | more)
        return await self.hear_until("opened")

    async def speak(self, stereo: bytes) -> None:
        """Send interleaved mu-law."""
        await self.socket.send(stereo)
        self.position_ms += len(stereo) / 16

    async def close(self, reason: str = "end") -> dict[str, Any]:
        await self.tell("close", reason=reason)
        closed = await self.hear_until("closed")
        await self.socket.close()
        return closed


def audiohook(port: int, **change: Any) -> connect:
    """Return a connection that is being opened with signed headers."""
    headers = change.pop("headers", None) or signed_headers(port, **change)
    return connect(f"ws://127.0.0.1:{port}{PATH}", additional_headers=headers, proxy=None)


def session_of(socket: ClientConnection) -> AudioHookClient:
    """Return the session that the socket's own request named."""
    assert socket.request is not None
    return AudioHookClient(socket, socket.request.headers["Audiohook-Session-Id"])


async def stored_integration(http: httpx2.AsyncClient, key: str, secret: str) -> None:
    """Store the integration as an administrator does."""
    body = {"kind": "audiohook", "key": key, "secrets": {"secret": secret}}
    answer = await http.put("/v1/admin/integrations/genesys", json=body)
    assert answer.status_code in {200, 201}, answer.text


def mulaw(samples: NDArray[np.int16]) -> bytes:
    """Return mu-law (ITU-T G.711) of (frames, channels) samples, interleaved."""
    magnitude = np.minimum(np.abs(samples.astype(np.int32)), 32_635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).reshape(-1))
