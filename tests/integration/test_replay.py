"""The replay client against a real gateway: everything arrives once, also when sockets are cut."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile as sf

from services.demo.play import play_demo
from services.demo.replay import ReplayOptions, replay
from services.demo.stories import STORY_IDS, load_story
from services.kit.errors import SouffleurError
from tests.fakes.gateway_server import Running, running_gateway


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path) as running:
        yield running


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "chat.jsonl"
    lines = [
        {"role": ("customer", "adviser")[n % 2], "text": f"message {n}", "at": n} for n in range(8)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def call(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    noise = np.random.default_rng(7).integers(-3000, 3000, size=(8_000 * 4 + 77, 2))
    sf.write(path, noise.astype(np.int16), 8_000, subtype="PCM_16")
    return path


def options(gateway: Running, path: Path, /, **more: Any) -> ReplayOptions:
    url = f"http://127.0.0.1:{gateway.port}"
    return ReplayOptions(
        **{"token": gateway.token("admin"), "path": path, "gateway": url, "speed": 10.0, **more}
    )


def finals(items: list[dict[str, Any]]) -> list[str]:
    events = [item["event"] for item in items if "event" in item]
    return [event["data"]["text"] for event in events if event["type"] == "turn.final"]


class CuttingProxy:
    """Passes bytes on to the gateway; ``cut`` breaks every connection at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.sockets = 0

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", self._port)
        pair = {writer, out_writer}
        self._writers |= pair
        self.sockets += 1
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass(reader, out_writer))
                tasks.create_task(self._pass(out_reader, writer))
        finally:
            self._writers -= pair
            for one in pair:
                one.transport.abort()

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()


@asynccontextmanager
async def cutting(gateway: Running) -> AsyncIterator[tuple[CuttingProxy, str]]:
    proxy = CuttingProxy(gateway.port)
    server = await asyncio.start_server(proxy.connect, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield proxy, f"http://127.0.0.1:{port}"
        proxy.cut()
        server.close()


async def test_a_chat_is_told_turn_by_turn_with_its_latencies(gateway: Running, chat: Path) -> None:
    items: list[dict[str, Any]] = []
    summary = await replay(options(gateway, chat), items.append)

    assert finals(items) == [f"message {n}" for n in range(8)]
    assert items[-1] == {"summary": summary}
    assert summary["turns"] == 8
    assert 0 <= summary["latency_ms"]["final_p50"] <= summary["latency_ms"]["final_p95"] < 2_000
    assert items[-2]["event"]["type"] == "conversation.ended"
    times = [item["at_ms"] for item in items[:-1]]
    assert times == sorted(times)
    # Turn n is due n seconds after the start, ten times faster than life.
    at = {
        i["event"]["data"]["text"]: i["at_ms"] for i in items[:-1] if "text" in i["event"]["data"]
    }
    assert all(at[f"message {n}"] >= 100 * n for n in range(8))


async def test_both_sides_of_a_call_arrive_sample_by_sample(gateway: Running, call: Path) -> None:
    summary = await replay(options(gateway, call, speed=20.0, language="fr"), lambda _item: None)

    sent, _ = sf.read(call, dtype="int16")
    legs = {leg.start.role: leg for leg in gateway.sink.legs}
    assert bytes(legs["customer"].samples) == sent[:, 0].tobytes()
    assert bytes(legs["adviser"].samples) == sent[:, 1].tobytes()
    assert all(leg.closed and leg.start.language == "fr" for leg in legs.values())
    assert summary["turns"] == 0


async def test_a_chat_that_is_cut_loses_and_doubles_nothing(gateway: Running, chat: Path) -> None:
    items: list[dict[str, Any]] = []
    async with cutting(gateway) as (proxy, url):

        def emit(item: dict[str, Any]) -> None:
            items.append(item)
            if finals([item]) in (["message 2"], ["message 5"]):
                proxy.cut()

        await replay(options(gateway, chat, gateway=url), emit)

    assert finals(items) == [f"message {n}" for n in range(8)]
    assert proxy.sockets > 4
    ids = [item["event"]["id"] for item in items if "event" in item]
    assert len(ids) == len(set(ids))


async def test_a_call_that_is_cut_goes_on_in_the_same_conversation(
    gateway: Running, call: Path
) -> None:
    async with cutting(gateway) as (proxy, url), asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(
            replay(options(gateway, call, gateway=url, speed=4.0), lambda _item: None)
        )
        while not gateway.sink.legs or len(gateway.sink.legs[0].samples) < 16_000:
            assert not playing.done()
            await asyncio.sleep(0.01)
        proxy.cut()

    assert len({leg.start.conversation_id for leg in gateway.sink.legs}) == 1
    heard = [
        b"".join(bytes(leg.samples) for leg in gateway.sink.legs if leg.start.role == role)
        for role in ("customer", "adviser")
    ]
    sent, _ = sf.read(call, dtype="int16")
    # What was on its way when the line was cut is lost, as on a telephone; no more than that.
    assert len(heard[0]) > 0.9 * len(sent) * 2
    assert heard[0].endswith(sent[-8_000:, 0].tobytes())
    assert heard[1].endswith(sent[-8_000:, 1].tobytes())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"token": "nonsense"}, "token is not valid"),
        ({"speed": 0.0}, "speed"),
        ({"language": "de"}, "fr, en"),
        ({"gateway": "127.0.0.1:8080"}, "not the address"),
        ({"conversation_id": "not an id"}, "conversation_id"),
    ],
)
async def test_what_does_not_fit_is_told_at_once(
    gateway: Running, chat: Path, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(SouffleurError, match=says):
        await replay(options(gateway, chat, **change), lambda _item: None)


async def test_an_ingest_token_is_told_that_it_cannot_follow(gateway: Running, chat: Path) -> None:
    with pytest.raises(SouffleurError, match="adviser"):
        await replay(options(gateway, chat, token=gateway.token("ingest")), lambda _item: None)


async def test_a_gateway_that_is_not_there_is_named(
    gateway: Running, chat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.demo.retrying.PATIENCE_S", 0.2)
    where = "http://127.0.0.1:9"
    with pytest.raises(SouffleurError, match="souffleur up") as refused:
        await replay(options(gateway, chat, gateway=where), lambda _item: None)
    assert urlsplit(where).netloc in refused.value.detail


async def test_the_demo_plays_every_story_with_its_customer(gateway: Running) -> None:
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in STORY_IDS}
    summaries = await play_demo(
        f"http://127.0.0.1:{gateway.port}",
        gateway.token("admin"),
        emit=lambda story, item: told[story].append(item),
        speed=50.0,
    )

    assert set(summaries) == set(STORY_IDS)
    for story_id, items in told.items():
        events = [item["event"]["type"] for item in items if "event" in item]
        assert events[-1] == "conversation.ended", story_id
        listed = await gateway.http.get("/v1/conversations", headers=gateway.auth("admin"))
        assert len(listed.json()["items"]) == len(STORY_IDS)
    written = load_story("resilie-mais-preleve", date(2026, 11, 20)).script
    assert finals(told["resilie-mais-preleve"]) == [turn.text for turn in written.turns]
    record = await gateway.http.get(
        f"/v1/customers/{written.customer_id}", headers=gateway.auth("crm")
    )
    assert record.json()["display_name"] == "Karim Benali"
    legs = {leg.start.language for leg in gateway.sink.legs}
    assert len(gateway.sink.legs) == 4
    assert legs == {"fr", "en"}
