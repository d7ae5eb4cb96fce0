"""The adviser's socket: tickets, and the pages that may use them."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from tests.fakes.gateway_server import Running, hear, running_gateway


async def _ticket(gateway: Running, origin: str | None = None, **body: Any) -> httpx2.Response:
    headers = gateway.auth("adviser") | ({"Origin": origin} if origin else {})
    return await gateway.http.post("/v1/tickets", json=body, headers=headers)


def _with_ticket(gateway: Running, ticket: str, conversation: str, origin: str | None) -> Any:
    return gateway.adviser(
        conversation,
        headers={"Authorization": ""},
        subprotocols=["souffleur.v1", f"ticket.{ticket}"],
        origin=origin,
    )


async def test_a_ticket_opens_one_socket_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        ours = f"http://127.0.0.1:{gateway.port}"
        answer = await _ticket(gateway, ours, conversation_id=conversation)
        assert (answer.status_code, answer.json()["expires_in_s"]) == (201, 30)
        ticket = answer.json()["ticket"]
        async with _with_ticket(gateway, ticket, conversation, ours) as panel:
            assert panel.subprotocol == "souffleur.v1"
            assert (await hear(panel))["type"] == "snapshot"
        with pytest.raises(InvalidStatus) as refused:
            await _with_ticket(gateway, ticket, conversation, ours)
        assert refused.value.response.status_code == 401


async def test_of_two_that_show_one_ticket_together_one_gets_in(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        ticket = (await _ticket(gateway, conversation_id=conversation)).json()["ticket"]

        async def knock() -> bool:
            try:
                async with _with_ticket(gateway, ticket, conversation, None):
                    return True
            except InvalidStatus:
                return False

        assert sum(await asyncio.gather(*(knock() for _ in range(8)))) == 1


async def test_a_ticket_is_bound_to_its_page_and_conversation(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation, another = await gateway.create(), await gateway.create()
        desk = "https://desk.example"

        async def status(origin: str | None, wanted: str) -> int:
            answer = await _ticket(gateway, desk, conversation_id=conversation)
            try:
                async with _with_ticket(gateway, answer.json()["ticket"], wanted, origin):
                    return 101
            except InvalidStatus as refused:
                return refused.response.status_code

        assert await status(desk, conversation) == 101
        assert await status(desk, another) == 403
        assert await status(None, conversation) == 403
        assert await status(f"http://127.0.0.1:{gateway.port}", conversation) == 403
        assert await status("https://evil.example", conversation) == 403
        assert (await _ticket(gateway, "https://evil.example")).status_code == 403
        assert (await _ticket(gateway, conversation_id="nowhere")).status_code == 404


async def test_a_page_of_another_site_cannot_connect_even_with_a_token(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        async with gateway.adviser(conversation, origin="https://desk.example") as panel:
            assert panel.subprotocol is None
        with pytest.raises(InvalidStatus) as refused:
            await gateway.adviser(conversation, origin="https://evil.example")
        assert refused.value.response.status_code == 403
