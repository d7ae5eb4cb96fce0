"""One call, told through each voice channel as the system on its other side would tell it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray
from streamdouble import g711
from websockets.asyncio.client import ClientConnection, connect

from services.gateway.audiosocket import AudioSocketServer
from tests.fakes.audiohook_client import KEY, SECRET, audiohook, session_of
from tests.fakes.eventually import eventually
from tests.fakes.gateway_server import hear, until
from tests.fakes.speech import DEMO
from tests.fakes.transcribing import Transcribing

FRAME = 160
ROLES = ("customer", "adviser")
CREDENTIALS = "line-1:a secret"


@dataclass(frozen=True)
class Call:
    """Both sides in mu-law at 8 kHz, which every channel carries without loss."""

    name: str
    customer: bytes
    adviser: bytes

    def frames(self) -> list[tuple[bytes, bytes]]:
        """Return 20 ms of the customer and of the adviser at a time."""
        places = range(0, len(self.customer), FRAME)
        sides = (self.customer, self.adviser)
        return [(sides[0][at : at + FRAME], sides[1][at : at + FRAME]) for at in places]


def short_call(name: str) -> Call:
    """Return seven seconds: the adviser says something, then the customer does."""
    audio, rate = sf.read(DEMO / "colis-non-recu" / "conversation.flac", dtype="int16")
    sides = np.zeros((7 * rate, 2), np.int16)
    sides[rate // 2 : 5 * rate // 2, 1] = audio[rate // 2 : 5 * rate // 2, 1]
    sides[3 * rate : 6 * rate, 0] = audio[5 * rate : 8 * rate, 0]
    return Call(name, g711.encode(sides[:, 0]), g711.encode(sides[:, 1]))


def linear(samples: bytes) -> bytes:
    """Return mu-law as 16-bit samples, little-endian."""
    return g711.decode(samples).astype("<i2").tobytes()


def _wide(samples: bytes) -> bytes:
    narrow: NDArray[np.int16] = g711.decode(samples)
    return np.asarray(soxr.resample(narrow, 8_000, 16_000), "<i2").tobytes()


def _stereo(left: bytes, right: bytes, width: int) -> bytes:
    sides = [np.frombuffer(each, np.dtype(f"V{width}")) for each in (left, right)]
    return np.stack(sides, axis=1).tobytes()


def _basic() -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()}


def _socket(running: Transcribing, path: str, **options: Any) -> connect:
    return connect(running.gateway.ws_url + path, proxy=None, close_timeout=5, **options)


async def tell_raw_audio(running: Transcribing, call: Call) -> None:
    async with running.gateway.socket("/v1/ingest/audio", "ingest") as socket:
        start = {"type": "start", "sample_rate": 8000, "encoding": "mulaw", "channels": 2}
        await socket.send(json.dumps(start | {"conversation_id": call.name}))
        for customer, adviser in call.frames():
            await socket.send(_stereo(customer, adviser, 1))
        await socket.send('{"type":"stop"}')
        while (await hear(socket, 30))["type"] != "stopped":
            pass


async def tell_audiohook(running: Transcribing, call: Call) -> None:
    await running.integrate("audiohook", KEY, SECRET)
    async with audiohook(running.gateway.port) as socket:
        session = session_of(socket)
        await session.open(call.name)
        frames = call.frames()
        for at in range(0, len(frames), 10):
            pieces = [_stereo(*frame, 1) for frame in frames[at : at + 10]]
            await session.speak(b"".join(pieces))
        await session.close()


async def tell_twilio(running: Transcribing, call: Call) -> None:
    await running.integrate("twilio", "laboratory")
    start = {
        "accountSid": "AC" + "0" * 32,
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound", "outbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"conversation_id": call.name},
    }
    async with _socket(running, "/v1/ingest/twilio/laboratory") as socket:
        await _say(socket, event="connected", protocol="Call", version="1.0.0")
        await _say(socket, event="start", streamSid="MZ1", start=start)
        for media in _packets(call):
            await _say(socket, event="media", streamSid="MZ1", media=media)
        await _say(socket, event="stop", streamSid="MZ1", stop={"callSid": "CA1"})
        await socket.wait_closed()


async def tell_telnyx(running: Transcribing, call: Call) -> None:
    await running.integrate("telnyx", *CREDENTIALS.split(":"))
    header = {"x-telnyx-streaming-auth-token": CREDENTIALS}
    start = {
        "call_control_id": "v2:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ",
        "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
        "custom_parameters": {"conversation_id": call.name},
    }
    packets = _packets(call)
    for at in range(2, len(packets) - 2, 4):  # each side's packets overtake one another
        packets[at], packets[at + 2] = packets[at + 2], packets[at]
    async with _socket(running, "/v1/ingest/telnyx", additional_headers=header) as socket:
        await _say(socket, event="start", stream_id="s", start=start)
        for media in packets:
            await _say(socket, event="media", stream_id="s", media=media)
        await _say(socket, event="stop", stream_id="s", stop={})
        await socket.wait_closed()


def _packets(call: Call) -> list[dict[str, str]]:
    return [
        {
            "track": track,
            "chunk": str(number + 1),
            "timestamp": str(20 * number),
            "payload": base64.b64encode(samples).decode(),
        }
        for number, frame in enumerate(call.frames())
        for track, samples in zip(("inbound", "outbound"), frame, strict=True)
    ]


async def _say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def tell_asterisk(running: Transcribing, call: Call) -> None:
    await running.integrate("asterisk", *CREDENTIALS.split(":"))
    start = (
        "MEDIA_START connection_id:{role} channel:WebSocket/1 format:ulaw optimal_frame_size:160"
    )

    def path(role: str) -> str:
        return "/v1/ingest/asterisk?" + urlencode({"role": role, "conversation_id": call.name})

    options = {"additional_headers": _basic(), "subprotocols": ["media"]}
    async with _parties(running, path, options) as sockets:
        for role, socket in sockets.items():
            assert socket.subprotocol == "media"
            await socket.send(start.format(role=role))
        await until(lambda: len(running.sink.legs) == 2)
        for frame in call.frames():
            for socket, samples in zip(sockets.values(), frame, strict=True):
                await socket.send(samples)


async def tell_jambonz(running: Transcribing, call: Call) -> None:
    await running.integrate("jambonz", *CREDENTIALS.split(":"))
    options: Any = {"additional_headers": _basic(), "subprotocols": ["audio.jambonz.org"]}
    async with _socket(running, "/v1/ingest/jambonz", **options) as socket:
        assert socket.subprotocol == "audio.jambonz.org"
        about = {"callSid": "9fb35c28", "sampleRate": 8000, "mixType": "stereo"}
        await _say(socket, **about, metadata={"conversation_id": call.name})
        for customer, adviser in call.frames():
            await socket.send(_stereo(linear(customer), linear(adviser), 2))


async def tell_vonage(running: Transcribing, call: Call) -> None:
    await running.integrate("vonage", *CREDENTIALS.split(":"))
    options = {"additional_headers": {"Authorization": f"Bearer {CREDENTIALS}"}}
    async with _parties(running, lambda _: "/v1/ingest/vonage", options) as sockets:
        for role, socket in sockets.items():
            about = {"content-type": "audio/l16;rate=16000", "conversation_id": call.name}
            await _say(socket, event="websocket:connected", role=role, **about)
        await until(lambda: len(running.sink.legs) == 2)
        customer, adviser = _wide(call.customer), _wide(call.adviser)
        for at in range(0, len(customer), 640):
            for socket, side in zip(sockets.values(), (customer, adviser), strict=True):
                await socket.send(side[at : at + 640])


@asynccontextmanager
async def _parties(
    running: Transcribing, path: Callable[[str], str], options: dict[str, Any]
) -> AsyncIterator[dict[str, ClientConnection]]:
    """Give a socket for each party; both hang up at the end."""
    async with (
        _socket(running, path("customer"), **options) as customer,
        _socket(running, path("adviser"), **options) as adviser,
    ):
        yield {"customer": customer, "adviser": adviser}
        await asyncio.gather(customer.close(), adviser.close())


async def tell_audiosocket(running: Transcribing, call: Call) -> None:
    gateway = running.gateway.app.state.gateway
    settings = gateway.settings.model_copy(update={"audiosocket_tenant": "acme"})
    async with AudioSocketServer(replace(gateway, settings=settings)) as server:
        writers = []
        for number in range(2):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_tlv(0x01, bytes.fromhex(call.name.replace("-", "")[:-1] + str(number))))
            writers.append(writer)
        for place, frame in enumerate(call.frames()):
            for writer, samples in zip(writers, frame, strict=True):
                writer.write(_tlv(0x10, linear(samples)))
            if place == 0:
                await until(lambda: len(running.sink.legs) == 2)
        writers[0].write(_tlv(0x00, b""))  # one party hangs up, the other's connection just ends
        for writer in writers:
            writer.close()
            await writer.wait_closed()
        await eventually(partial(running.has_ended, call.name), within=30)


def _tlv(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


VOICE: dict[str, Callable[[Transcribing, Call], Awaitable[None]]] = {
    "raw_audio": tell_raw_audio,
    "audiohook": tell_audiohook,
    "twilio": tell_twilio,
    "telnyx": tell_telnyx,
    "asterisk": tell_asterisk,
    "jambonz": tell_jambonz,
    "vonage": tell_vonage,
    "audiosocket": tell_audiosocket,
}
"""By the channel's name."""
