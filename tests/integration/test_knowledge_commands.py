"""``souffleur knowledge import``: an export goes in as it is, bad lines are named."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli_knowledge import knowledge_app
from services.demo.stories import DATA
from services.records.knowledge import KnowledgeRecords
from tests.fakes.gateway_server import Running, running_gateway


def export(path: Path, *lines: str) -> Path:
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


async def run(gateway: Running, file: Path) -> Result:
    arguments = ["import", str(file), "--gateway", f"http://127.0.0.1:{gateway.port}"]
    token = ["--token", gateway.token("crm")]
    return await asyncio.to_thread(CliRunner().invoke, knowledge_app, [*arguments, *token])


async def test_a_file_is_lent_and_fields_of_others_are_left_out(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        # Larger than one request may be.
        rows = [
            {"id": f"d{n}", "title": "T", "text": "mot " * 40_000, "audience": "all", "date": None}
            for n in range(9)
        ]
        file = export(tmp_path / "export.jsonl.gz", *(json.dumps(row) for row in rows))
        told = await run(gateway, file)
        assert told.exit_code == 0, told.output
        assert await KnowledgeRecords(gateway.journal.redis).count("acme") == 9


async def test_a_line_that_does_not_fit_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        good = json.dumps({"id": "a", "title": "T", "text": "x"})
        bad = json.dumps({"id": "b", "title": "T"})
        told = await run(gateway, export(tmp_path / "some.jsonl.gz", "", bad, good))
        assert told.exit_code == 1
        assert "line 2" in told.output
        assert "text" in told.output
        assert await KnowledgeRecords(gateway.journal.redis).count("acme") == 1


@pytest.mark.parametrize("content", [b"{nonsense", b"\xff\xfe"])
async def test_a_file_that_is_none_says_so(tmp_path: Path, content: bytes) -> None:
    async with running_gateway(tmp_path) as gateway:
        file = tmp_path / "documents.jsonl"
        await asyncio.to_thread(file.write_bytes, content)
        told = await run(gateway, file)
        assert told.exit_code == 1
        assert "JSON lines" in told.output


async def test_the_documents_of_the_demonstration_fit(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        told = await run(gateway, DATA / "knowledge.jsonl")
        assert told.exit_code == 0, told.output
        assert await KnowledgeRecords(gateway.journal.redis).count("acme") == 25
