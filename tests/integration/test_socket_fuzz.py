"""The Autobahn cases against the ingest sockets: broken frames harm nobody and close in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from kosoku import FailureError, run_fuzzingclient

from tests.fakes.gateway_server import Running, running_gateway

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*"]
"""Framing, pings, reserved bits, opcodes, fragments, UTF-8, closing.

9 measures speed, 12 and 13 need compression."""

OURS = {1003, 1007}
"""How our protocols end what is well-formed and means nothing: the cases wait for an echo."""

ECHO = ("1.", "5.", "6.", "7.")


@asynccontextmanager
async def _door(gateway: Running, path: str) -> AsyncIterator[str]:
    """Give an address that leads to ``path``: the fuzzer knows neither paths nor tokens."""

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
        token = gateway.token("ingest").encode()
        head = [
            f"GET {path} HTTP/1.1".encode(),
            b"Host: gateway",
            b"Authorization: Bearer " + token,
        ]
        inner_writer.write(b"\r\n".join([*head, *kept, b"", b""]))
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("path", ["/v1/ingest/chat", "/v1/ingest/audio"])
async def test_no_frame_crashes_the_gateway_and_each_closes_with_its_code(
    tmp_path: Path, path: str
) -> None:
    async with running_gateway(tmp_path) as gateway:
        async with _door(gateway, path) as address:
            try:
                results = await run_fuzzingclient(address, CASES, None, 4)
            except FailureError as failure:
                results = failure.results
        assert len(results) == 246
        for case in results:
            assert case.was_clean, (case.case_id, case.was_not_clean_reason)
            if not case.passed:
                assert case.case_id.startswith(ECHO), case.case_id
                assert case.remote_close_code in OURS | {1002}, case.case_id
        strict = [case for case in results if case.case_id[:2] in {"2.", "3.", "4."}]
        assert len(strict) == 28
        assert all(case.passed for case in strict)
        bad_text = [case for case in results if case.case_id in {"6.3.1", "6.3.2", "6.8.1"}]
        assert {case.remote_close_code for case in bad_text} == {1007}
        assert (await gateway.http.get("/readyz")).status_code == 200
        assert await gateway.journal.redis.keys("acme/conversation*") == []
