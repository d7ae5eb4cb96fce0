"""Whatever fits the OpenAPI document is answered as it says, to every role: never with a 5xx."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from services.kit.tokens import ROLES
from tests.fakes.gateway_server import Running, running_gateway

ROOT = Path(__file__).parents[2]
NO_ASSISTANT = ["/v1/knowledge/search"]
"""Asks the assistant, which is not running here: 503 is its right answer."""


async def _made(gateway: Running) -> dict[str, str]:
    """Things that exist, by the name of the path's parameter."""
    crm = gateway.auth("crm")
    fact = {"name": "plan", "value": "Zen", "origin": "CRM", "date": "2026-01-05T09:00:00Z"}
    await gateway.http.put("/v1/customers/k1", json={"fields": [fact]}, headers=crm)
    conversation = await gateway.create(customer_id="k1")
    hook = await gateway.http.post(
        "/v1/webhooks",
        json={"url": "https://receiver.invalid/", "types": ["turn.final"]},
        headers=crm,
    )
    await gateway.say(conversation, "Bonjour")
    await gateway.http.post("/v1/customers/import?id=i1", content=b"{}", headers=crm)
    return {
        "conversation_id": conversation,
        "customer_id": "k1",
        "webhook_id": hook.json()["id"],
        "import_id": "i1",
        "name": "turn",
    }


async def fuzz(gateway: Running, examples: int, seconds: float) -> dict[str, Any]:
    told = {
        "tokens": {role: gateway.token(role) for role in ROLES},
        "ids": await _made(gateway),
        "skip": NO_ASSISTANT,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.fuzzing"),
        *(f"http://127.0.0.1:{gateway.port}", str(examples), str(seconds)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await process.communicate(json.dumps(told).encode())
    assert said, complaints.decode()[-2000:]
    return dict(json.loads(said))


@pytest.mark.timeout(120)
async def test_every_operation_answers_as_described(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        found = await fuzz(gateway, examples=4, seconds=18)
        document = (await gateway.http.get("/openapi.json")).json()
    assert found["failures"] == []
    count = sum(len(operations) for operations in document["paths"].values())
    assert found["operations"] == count - len(NO_ASSISTANT)
    assert found["calls"] >= count * len(ROLES)
    # It got past the doors and it was turned away: both kinds of answers were looked at.
    assert {"200", "201", "403", "404"} <= set(found["statuses"])
