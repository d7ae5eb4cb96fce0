"""No personal data in logs or metrics: a canary goes through every door and is looked for."""

import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.kit.logging import JsonFormatter
from tests.fakes.gateway_server import Running, hear, hear_until, running_gateway, tell

CANARY = "Canari-7f3a"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, as it would be written in operation, at the finest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the test's own client
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


async def _rest(gateway: Running) -> None:
    ingest, crm = gateway.auth("ingest"), gateway.auth("crm")
    for path in ("", "/events", "/turns", "/suggestions"):
        await gateway.http.get(f"/v1/conversations/{CANARY}{path}", headers=crm)
    await gateway.http.get(f"/v1/nothing/{CANARY}?q={CANARY}")
    await gateway.http.get("/v1/conversations", params={"cursor": CANARY}, headers=crm)
    fact = {"name": "phone", "value": CANARY, "origin": "CRM", "date": "2026-01-05T09:00:00Z"}
    record = {"display_name": CANARY, "fields": [fact]}
    await gateway.http.put(f"/v1/customers/{CANARY}", json=record, headers=crm)
    await gateway.http.put(f"/v1/customers/{CANARY}", json={CANARY: CANARY}, headers=crm)
    await gateway.http.get(f"/v1/customers/{CANARY}", headers=crm)
    await gateway.create(id=CANARY, customer_id=CANARY, adviser_id=CANARY)
    await gateway.say(CANARY, CANARY, id=CANARY)
    bad = {"role": CANARY, "text": CANARY}
    for body in (bad, [CANARY], CANARY):
        await gateway.http.post(f"/v1/conversations/{CANARY}/turns", json=body, headers=ingest)
    await gateway.http.post(
        f"/v1/conversations/{CANARY}/transfer",
        json={"to_adviser_id": CANARY, "note": CANARY},
        headers=ingest,
    )
    await gateway.http.post(
        "/v1/tickets", json={"conversation_id": CANARY}, headers=gateway.auth("adviser")
    )


async def _sockets(gateway: Running) -> None:
    async with gateway.socket(f"/v1/ingest/chat?{CANARY}", "ingest") as chat:
        await tell(chat, type="start", conversation_id=CANARY)
        await hear(chat)
        async with gateway.adviser(CANARY) as panel:
            await hear(panel)
            await tell(panel, type="turn", text=CANARY)
            await tell(panel, type=CANARY)
            await hear_until(panel, "error")
        for frame in (f'{{"type":"{CANARY}"}}', CANARY, f'{{"type":"turn","text":"{CANARY}"}}'):
            await chat.send(frame)
            await hear_until(chat, "error")
    async with gateway.socket("/v1/ingest/audio", "ingest") as call:
        await tell(call, type="start", language=CANARY, customer_id=CANARY)
        with suppress(ConnectionClosed):
            while True:
                await hear(call)
    with suppress(InvalidStatus):
        await gateway.adviser(f"{CANARY}-unknown")
    gateway.sink.down = True
    async with gateway.socket("/v1/ingest/audio", "ingest") as call:
        await tell(
            call,
            type="start",
            conversation_id=f"{CANARY}-call",
            customer_id=CANARY,
            sample_rate=8000,
            encoding="mulaw",
            channels=2,
        )
        await hear(call)
        call.transport.abort()
    await asyncio.sleep(0.2)


async def test_a_canary_through_every_door_is_in_no_log_and_no_metric(
    tmp_path: Path, log: io.StringIO
) -> None:
    async with running_gateway(tmp_path, grace_s=0.1) as gateway:
        await _rest(gateway)
        await _sockets(gateway)
        metrics = (await gateway.http.get("/metrics")).text
        # It went all the way, so its absence below means something.
        turns = await gateway.http.get(
            f"/v1/conversations/{CANARY}/turns", headers=gateway.auth("crm")
        )
        assert turns.text.count(CANARY) >= 2
        assert "souffleur_http_requests_total" in metrics
        assert 'route="/v1/conversations/{conversation_id}/turns"' in metrics
        logging.getLogger("probe").info("the log is read")
    text = log.getvalue()
    assert "the log is read" in text
    assert CANARY not in metrics
    assert CANARY not in text


async def test_an_error_that_quotes_a_customer_is_logged_without_the_quote(
    tmp_path: Path, log: io.StringIO
) -> None:
    async with running_gateway(tmp_path) as gateway:

        @gateway.app.get("/v1/breaks")
        async def breaks() -> None:
            raise LookupError(CANARY)

        answer = await gateway.http.get("/v1/breaks")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert CANARY not in answer.text
    assert "LookupError" in log.getvalue()
    assert CANARY not in log.getvalue()
