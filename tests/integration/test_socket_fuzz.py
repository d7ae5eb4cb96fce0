"""The Autobahn cases against every socket: broken frames harm nobody and close in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from kosoku import FailureError, run_fuzzingclient

from services.gateway.asyncapi import SOCKETS
from services.kit.sealing import sealer
from services.records.integrations import Integration, Integrations
from tests.fakes import audiohook_client
from tests.fakes.gateway_server import Running, running_gateway

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*"]
"""Framing, pings, reserved bits, opcodes, fragments, UTF-8, closing.

9 measures speed, 12 and 13 need compression."""

OURS = {1003, 1007}
"""How our protocols end what is well-formed and means nothing: the cases wait for an echo."""

ECHO = ("1.", "5.", "6.", "7.")

Headers = Callable[[Running], Mapping[str, str]]


def _token(role: str) -> Headers:
    return lambda gateway: gateway.auth(role)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Entrance:
    """How the socket of one path is come into, and how it takes what means nothing.

    Attributes:
        headers: what its opening request bears, made anew for each connection.
        suffix: what follows its path.
        greets: whether it says something first, which no case expects.
        patient: whether it tells of a bad message and goes on, instead of closing.
    """

    headers: Headers
    suffix: str = ""
    greets: bool = False
    patient: bool = False


ENTRANCES = {
    "/v1/adviser/stream": Entrance(_token("adviser"), greets=True, patient=True),
    "/v1/ingest/audio": Entrance(_token("ingest")),
    "/v1/ingest/audiohook": Entrance(
        lambda gateway: audiohook_client.signed_headers(gateway.port), patient=True
    ),
    "/v1/ingest/twilio/{key}": Entrance(lambda _: {}),
    "/v1/ingest/telnyx": Entrance(_token("ingest")),
    "/v1/ingest/asterisk": Entrance(_token("ingest"), "?role=customer&conversation_id=fuzzed"),
    "/v1/ingest/jambonz": Entrance(_token("ingest")),
    "/v1/ingest/vonage": Entrance(_token("ingest")),
    "/v1/ingest/chat": Entrance(_token("ingest")),
}


async def _frame(reader: asyncio.StreamReader) -> None:
    """Read one frame of a server, up to 64 KiB long."""
    _, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2))
    await reader.readexactly(length)


@asynccontextmanager
async def _door(gateway: Running, path: str) -> AsyncIterator[str]:
    """Give an address that leads to ``path``: the fuzzer knows neither paths nor tokens."""
    entrance = ENTRANCES[path]

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        _, *lines = (await reader.readuntil(b"\r\n\r\n")).strip().split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith((b"host", b"origin"))]
        target = path.format(key="laboratory") + entrance.suffix
        head = [f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{gateway.port}"]
        head += [f"{name}: {value}" for name, value in entrance.headers(gateway).items()]
        inner_writer.write(b"\r\n".join([*(line.encode() for line in head), *kept, b"", b""]))
        writer.write(await inner_reader.readuntil(b"\r\n\r\n"))
        if entrance.greets:
            await _frame(inner_reader)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_every_socket_has_an_entrance() -> None:
    assert ENTRANCES.keys() == SOCKETS.keys()


@pytest.mark.parametrize("path", sorted(ENTRANCES))
async def test_no_frame_crashes_the_gateway_and_each_closes_with_its_code(
    tmp_path: Path, path: str
) -> None:
    async with running_gateway(tmp_path) as gateway:
        key, secrets = audiohook_client.KEY, {"secret": audiohook_client.SECRET}
        for integration in (
            Integration(tenant="acme", id="genesys", kind="audiohook", key=key, secrets=secrets),
            Integration(tenant="acme", id="twilio", kind="twilio", key="laboratory"),
        ):
            records = Integrations(gateway.journal.redis, sealer(gateway.settings))
            await records.put(integration)
        async with _door(gateway, path) as address:
            try:
                results = await run_fuzzingclient(address, CASES, None, 16)
            except FailureError as failure:
                results = failure.results
        assert len(results) == 246
        for case in results:
            if case.passed:
                continue
            if ENTRANCES[path].patient and case.case_id.startswith("3."):
                # It may have told what was wrong with the message before the broken frame came.
                assert case.behavior_close.value == "OK", case.case_id
                continue
            assert case.case_id.startswith(ECHO), case.case_id
            if ENTRANCES[path].patient:
                # It told the fault and went on: the fuzzer gave up waiting, or closed.
                assert case.failed_by_me or case.was_clean, case.case_id
                assert case.remote_close_code in OURS | {None, 1000, 1002}, case.case_id
            else:
                assert case.was_clean, (case.case_id, case.was_not_clean_reason)
                assert case.remote_close_code in OURS | {1002}, case.case_id
        strict = [case for case in results if case.case_id[:2] in {"2.", "3.", "4."}]
        assert len(strict) == 28
        assert {case.behavior_close.value for case in strict} == {"OK"}
        bad_text = [case for case in results if case.case_id in {"6.3.1", "6.3.2", "6.8.1"}]
        assert {case.remote_close_code for case in bad_text} == {1007}
        assert (await gateway.http.get("/readyz")).status_code == 200
        assert await gateway.journal.redis.keys("acme/conversation*") == []
