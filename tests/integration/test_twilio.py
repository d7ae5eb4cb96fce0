"""Twilio: signatures of its own library, and a call placed by a simulator nobody here wrote."""

import asyncio
import json
import re
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import soundfile as sf
from streamdouble.audio import wav_to_ulaw_frames
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.contracts.audio import LegStart
from services.kit.sealing import sealer
from services.kit.settings import Settings
from services.records.integrations import Integration, Integrations
from services.transcribe.engines import open_engine
from services.transcribe.listening import Listener
from services.transcribe.vad import SileroModel
from tests.fakes.eventually import eventually
from tests.fakes.gateway_server import Running, running_gateway, until
from tests.fakes.speech import DEMO, speech_model
from tests.fakes.transcribing import KeptLeg, transcribing_gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = "AC123456789abcdef0123456789abcdef0"
SECRET = "12345678901234567890123456789012"
PATH = f"/v1/ingest/twilio/{ACCOUNT}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path_factory.mktemp("gateway"), grace_s=0.1) as running:
        yield running


@pytest.fixture
def gateway(running: Running) -> Running:
    running.sink.legs.clear()
    return running


async def _integrate(gateway: Running, **change: Any) -> None:
    stored: dict[str, Any] = {
        "tenant": "acme",
        "id": "voice",
        "kind": "twilio",
        "key": ACCOUNT,
        "secrets": {"secret": SECRET},
    }
    records = Integrations(gateway.journal.redis, sealer(gateway.settings))
    await records.put(Integration(**stored | change))


def _call(gateway: Running, url: str, *, secret: str = SECRET, path: str = PATH) -> connect:
    signature = RequestValidator(secret).compute_signature(url, {})
    headers = {"X-Twilio-Signature": signature}
    return connect(gateway.ws_url + path, additional_headers=headers, proxy=None)


def _start(account: str = ACCOUNT) -> str:
    start = {
        "accountSid": account,
        "streamSid": "MZ1",
        "callSid": f"CA{uuid.uuid4().hex}",
        "tracks": ["inbound", "outbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {},
    }
    return json.dumps({"event": "start", "streamSid": "MZ1", "start": start})


async def _trace(gateway: Running) -> set[str]:
    names = {str(name) for name in await gateway.journal.redis.keys("*")}
    return {name for name in names if name.startswith("acme/conversation")}


@pytest.mark.parametrize("ending", ["", "/"], ids=["as told", "with a slash"])
@pytest.mark.parametrize("port", ["", ":443"], ids=["bare host", "port"])
async def test_a_signature_of_the_public_address_is_taken(
    gateway: Running, ending: str, port: str
) -> None:
    await _integrate(gateway, config={"public_url": "wss://calls.example.com"})
    async with _call(gateway, f"wss://calls.example.com{port}{PATH}{ending}") as call:
        await call.send(_start())
        await until(lambda: len(gateway.sink.legs) == 2)


async def test_without_a_public_address_the_host_header_counts(gateway: Running) -> None:
    await _integrate(gateway, secrets={"previous": SECRET, "secret": "another"})
    async with _call(gateway, f"wss://127.0.0.1:{gateway.port}{PATH}") as call:
        await call.send(_start())
        await until(lambda: len(gateway.sink.legs) == 2)


async def test_signatures_of_a_shared_key_are_taken_too(gateway: Running) -> None:
    await _integrate(gateway)
    url = f"wss://127.0.0.1:{gateway.port}{PATH}"
    signature = RequestValidator(SECRET).compute_signature(url, {}, "HMAC_SHA256")
    headers = {
        "X-Twilio-Signature": signature,
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_1,algorithm=HMAC_SHA256",
    }
    async with connect(gateway.ws_url + PATH, additional_headers=headers, proxy=None):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "wrong"},
        {"url": "wss://calls.example.org" + PATH},
        {"url": "https://calls.example.com" + PATH},
        {"url": "wss://calls.example.com/v1/ingest/twilio/AC0"},
        {"path": "/v1/ingest/twilio/AC0"},
        {"path": PATH + "?tenant=other"},
        {"signature": ""},
        {"signature": "tampered"},
    ],
    ids=["secret", "host", "scheme", "signed path", "path", "query", "missing", "altered"],
)
async def test_what_was_not_signed_so_is_refused_and_leaves_no_trace(
    gateway: Running, change: dict[str, str]
) -> None:
    before = await _trace(gateway)
    await _integrate(gateway, config={"public_url": "wss://calls.example.com"})
    url = change.get("url", "wss://calls.example.com" + PATH)
    signature = RequestValidator(change.get("secret", SECRET)).compute_signature(url, {})
    if change.get("signature") == "tampered":
        signature = ("A" if signature[0] != "A" else "B") + signature[1:]
    headers = {"X-Twilio-Signature": signature} if change.get("signature") != "" else {}
    # A proxy's word for the host is not taken.
    headers |= {"X-Forwarded-Host": "calls.example.org", "X-Forwarded-Proto": "https"}
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            gateway.ws_url + change.get("path", PATH), additional_headers=headers, proxy=None
        )
    assert refused.value.response.status_code == 401
    assert await _trace(gateway) <= before


async def test_production_takes_nothing_unsigned(gateway: Running) -> None:
    await _integrate(gateway, secrets={})
    async with connect(gateway.ws_url + PATH, proxy=None):
        pass
    parts = gateway.app.state.gateway
    settings = parts.settings.model_copy(update={"env": "production"})
    gateway.app.state.gateway = replace(parts, settings=settings)
    try:
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.ws_url + PATH, proxy=None)
    finally:
        gateway.app.state.gateway = parts
    assert refused.value.response.status_code == 401


async def test_another_accounts_stream_is_closed_and_leaves_no_trace(gateway: Running) -> None:
    before = await _trace(gateway)
    await _integrate(gateway)
    async with _call(gateway, f"wss://127.0.0.1:{gateway.port}{PATH}") as call:
        await call.send(_start("AC" + "0" * 32))
        with pytest.raises(ConnectionClosed) as closed:
            await call.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    assert await _trace(gateway) <= before


def _recordings(tmp_path: Path, seconds: float) -> tuple[Path, Path]:
    """Write the beginning of a demonstration call, a file for each side."""
    audio, rate = sf.read(DEMO / "colis-non-recu" / "conversation.flac", dtype="int16")
    paths = (tmp_path / "customer.wav", tmp_path / "adviser.wav")
    for side, path in enumerate(paths):
        sf.write(path, audio[: int(seconds * rate), side], rate)
    return paths


def _speech(path: Path) -> list[tuple[int, int]]:
    """Return where speech is in a recording that nothing happened to."""
    audio, rate = sf.read(path, dtype="int16")
    leg = LegStart(
        tenant="t",
        conversation_id="c",
        leg_id="l",
        role="customer",
        encoding="pcm_s16le",
        sample_rate=rate,
    )
    listener = Listener(leg, SileroModel())
    heard = [*listener.push(audio.astype("<i2").tobytes()), *listener.finish()]
    return [(each.start_ms, each.end_ms) for each in heard if each.final]


async def _place_call(url: str, customer: Path, adviser: Path, report: Path) -> tuple[int, str]:
    simulator = Path(sys.executable).with_name("streamdouble")
    options = ["--fork", "--track", "both", "--agent-audio", str(adviser), "--strict-fork"]
    network = ["--packet-loss", "0.05", "--jitter", "40", "--junit", str(report)]
    who = ["--param", "customer_id=k1", "--param", "language=fr"]
    who += ["--param", "conversation_id=c1"]
    process = await asyncio.create_subprocess_exec(
        *[str(simulator), "call", url, "--audio", str(customer), *options, *network, *who],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


def _check_samples(leg: KeptLeg, path: Path, lost: range) -> None:
    """Each packet lies where it was said, or there is silence in its place."""
    frames = wav_to_ulaw_frames(path)
    got = [bytes(leg.samples[at : at + 160]) for at in range(0, len(leg.samples), 160)]
    assert len(frames) - 3 <= len(got) <= len(frames)
    missing = [at for at, frame in enumerate(got) if frame != frames[at]]
    assert all(got[at] == b"\xff" * 160 for at in missing)
    assert len(missing) in lost


async def test_a_simulated_call_over_a_bad_network_keeps_its_timeline(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=speech_model()))
    customer, adviser = _recordings(tmp_path, 13.0)
    async with transcribing_gateway(tmp_path, engine) as running:
        await running.integrate("twilio", "laboratory")
        url = f"{running.gateway.ws_url}/v1/ingest/twilio/laboratory"
        code, printed = await _place_call(url, customer, adviser, tmp_path / "out.xml")
        assert code == 0, printed
        await eventually(partial(running.has_ended, "c1"), within=30)
        turns = await running.turns("c1")
        legs = {role: running.sink.of(role) for role in ("customer", "adviser")}
    _check_samples(legs["customer"], customer, range(5, 90))
    _check_samples(legs["adviser"], adviser, range(1))
    zero = legs["customer"].start.offset_ms
    assert legs["adviser"].start.offset_ms == zero
    for role, path, words in (
        ("customer", customer, {"colis", "livré", "jours"}),
        ("adviser", adviser, {"appelle", "thomas", "écoute"}),
    ):
        said = [turn for turn in turns if turn.role == role]
        heard = set(re.findall(r"\w+", " ".join(turn.text for turn in said).casefold()))
        assert len(words & heard) >= 2, heard
        places = np.array([(turn.start_ms, turn.end_ms) for turn in said])
        assert places - zero == pytest.approx(np.array(_speech(path)), abs=100)
