"""Tickets: the sockets that they open, and the pages that may use them."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from tests.fakes.gateway_server import Running, hear, running_gateway, tell


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


START = {"type": "start", "sample_rate": 16_000, "encoding": "pcm_s16le", "channels": 2}


def _call(gateway: Running, ticket: str, origin: str | None = None, path: str = "audio") -> Any:
    return gateway.socket(
        f"/v1/ingest/{path}",
        "adviser",
        headers={"Authorization": ""},
        subprotocols=["souffleur.v1", f"ticket.{ticket}"],
        origin=origin,
    )


async def _status(connecting: Any) -> int:
    try:
        async with connecting:
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_ticket_for_a_test_call_opens_one_new_call(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        answer = await _ticket(gateway, purpose="test_call")
        ticket, named = answer.json()["ticket"], answer.json()["conversation_id"]
        assert named.startswith("test-")
        async with _call(gateway, ticket) as phone:
            assert phone.subprotocol == "souffleur.v1"
            await tell(phone, **START)
            assert (await hear(phone))["conversation_id"] == named
            # Its adviser's own, and nobody's customer is in it.
            found = await gateway.http.get(
                f"/v1/conversations/{named}", headers=gateway.auth("adviser")
            )
            assert (found.json()["adviser_id"], found.json()["customer_id"]) == ("s1", None)
            await phone.send(b"\x01\x00\x02\x00" * 800)
            await tell(phone, type="stop")
            assert (await hear(phone))["type"] == "stopped"
        left, right = sorted(gateway.sink.legs, key=lambda leg: leg.start.role, reverse=True)
        assert (bytes(left.samples), bytes(right.samples)) == (b"\x01\x00" * 800, b"\x02\x00" * 800)
        assert await _status(_call(gateway, ticket)) == 401


async def test_who_may_not_speak_does_not_get_in_with_a_ticket(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        desk = "https://desk.example"

        async def test_call(origin: str | None = None) -> str:
            answer = await _ticket(gateway, origin, purpose="test_call")
            return str(answer.json()["ticket"])

        # An adviser's token alone, or a ticket for the panel.
        assert await _status(gateway.socket("/v1/ingest/audio", "adviser")) == 403
        panels = (await _ticket(gateway)).json()["ticket"]
        assert await _status(_call(gateway, panels)) == 403
        # A refusal uses it up too.
        assert await _status(_with_ticket(gateway, panels, "x", None)) == 401
        # A page of another origin, a program without one, a page that the tenant does not know.
        assert await _status(_call(gateway, await test_call(desk), desk)) == 101
        assert await _status(_call(gateway, await test_call(desk), "https://evil.example")) == 403
        assert await _status(_call(gateway, await test_call(desk))) == 403
        # Another socket: the panel's, or a chat.
        spoken = await test_call()
        assert await _status(_with_ticket(gateway, spoken, "x", None)) == 403
        assert await _status(_call(gateway, spoken)) == 401
        assert await _status(_call(gateway, await test_call(), path="chat")) == 401
        # Those who may not ask for one.
        for role in ("crm", "ops", "ingest"):
            answer = await gateway.http.post(
                "/v1/tickets", json={"purpose": "test_call"}, headers=gateway.auth(role)
            )
            assert answer.status_code == 403
        mine = await gateway.create()
        answer = await _ticket(gateway, purpose="test_call", conversation_id=mine)
        assert (answer.status_code, answer.json()["field"]) == (422, "conversation_id")


@pytest.mark.parametrize("field", ["conversation_id", "adviser_id", "customer_id"])
async def test_a_test_call_is_nobody_elses_call(tmp_path: Path, field: str) -> None:
    async with running_gateway(tmp_path) as gateway:
        mine = await gateway.create(id="mine", channel="voice")
        ticket = (await _ticket(gateway, purpose="test_call")).json()["ticket"]
        async with _call(gateway, ticket) as phone:
            await tell(phone, **START, **{field: mine})
            error = await hear(phone)
            assert (error["code"], error["field"]) == ("forbidden", field)
            await phone.wait_closed()
            assert phone.close_code == 4403
        assert not gateway.sink.legs


async def test_only_the_panels_page_may_ask_for_the_microphone(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        page = (await gateway.http.get("/")).headers["permissions-policy"]
        assert page == "camera=(), microphone=(self), geolocation=()"
        for path in ("/assets/panel.js", "/v1/conversations", "/openapi.json"):
            policy = (await gateway.http.get(path)).headers["permissions-policy"]
            assert policy == "camera=(), microphone=(), geolocation=()"
