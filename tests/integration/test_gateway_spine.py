"""The spine of the gateway: REST, ingest and the adviser's stream over one real journal."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.fakes.gateway_server import hear, hear_until, running_gateway, tell


async def test_a_chat_reaches_the_panel_and_the_reply_goes_back(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as sockets:
        chat = await sockets.enter_async_context(gateway.socket("/v1/ingest/chat", "ingest"))
        await tell(chat, type="start", conversation_id="c1", language="fr")
        assert await hear(chat) == {"type": "started", "conversation_id": "c1"}
        panel = await sockets.enter_async_context(gateway.adviser("c1"))
        snapshot = await hear(panel)
        assert snapshot["type"] == "snapshot"
        assert snapshot["screen"]["channel"] == "chat"
        assert snapshot["labels"]["delivery_late"]["fr"] == "Livraison en retard"
        await tell(chat, type="turn", id="t1", role="customer", text="Où est mon colis ?")
        assert await hear(chat) == {"type": "ack", "turn_id": "t1"}
        frame = await hear(panel)
        assert frame["event"]["type"] == "turn.final"
        assert frame["event"]["data"]["text"] == "Où est mon colis ?"
        await tell(chat, type="turn", id="t1", role="customer", text="Où est mon colis ?")
        assert await hear(chat) == {"type": "ack", "turn_id": "t1"}
        await tell(panel, type="turn", text="Je regarde tout de suite.")
        reply = await hear(chat)
        assert (reply["type"], reply["role"]) == ("turn", "adviser")
        assert reply["text"] == "Je regarde tout de suite."
        assert (await hear(panel))["event"]["data"]["role"] == "adviser"
        await tell(chat, type="end")
        assert await hear(chat) == {"type": "ended"}
        assert (await hear(panel))["event"]["data"] == {"reason": "completed"}
        with pytest.raises(ConnectionClosed) as closed:
            await chat.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


async def test_a_stereo_call_is_split_into_its_legs_and_ends(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        async with gateway.socket("/v1/ingest/audio", "ingest") as call:
            await tell(
                call,
                type="start",
                conversation_id="c2",
                sample_rate=8000,
                encoding="mulaw",
                channels=2,
            )
            started = await hear(call)
            assert len(started["leg_ids"]) == 2
            await call.send(bytes([1, 2] * 160))
            await tell(call, type="stop")
            assert await hear(call) == {"type": "stopped"}
        customer, adviser = gateway.sink.legs
        assert (customer.start.role, bytes(customer.samples)) == ("customer", b"\x01" * 160)
        assert (adviser.start.role, bytes(adviser.samples)) == ("adviser", b"\x02" * 160)
        assert customer.closed
        summary = await gateway.http.get("/v1/conversations/c2", headers=gateway.auth("crm"))
        assert summary.json()["ended_at"] is not None


async def test_the_customer_record_shows_in_the_conversation(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        record = {"display_name": "Mme Durand", "fields": []}
        await gateway.http.put("/v1/customers/k1", json=record, headers=gateway.auth("crm"))
        conversation = await gateway.create(customer_id="k1")
        async with gateway.adviser(conversation) as panel:
            snapshot = await hear(panel)
            assert snapshot["screen"]["customer"]["display_name"] == "Mme Durand"
            changed = record | {"display_name": "Mme Durand-Petit"}
            answer = await gateway.http.put(
                "/v1/customers/k1", json=changed, headers=gateway.auth("crm")
            )
            assert answer.json()["version"] == 2
            updated = await hear_until(panel, "context.updated")
            assert updated["data"]["customer"]["display_name"] == "Mme Durand-Petit"


async def test_the_lobby_lists_live_conversations_as_they_come_and_go(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, gateway.adviser(None) as lobby:
        assert await hear(lobby) == {"type": "conversations", "items": []}
        conversation = await gateway.create()
        frame = await hear(lobby)
        assert [item["id"] for item in frame["items"]] == [conversation]
        await gateway.say(conversation, "Bonjour")
        assert (await hear(lobby))["items"][0]["turns"] == 1
        await gateway.http.post(
            f"/v1/conversations/{conversation}/end", headers=gateway.auth("ingest")
        )
        assert (await hear(lobby))["items"] == []


async def test_resume_replays_what_came_after_the_cursor(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        async with gateway.adviser(conversation) as panel:
            cursor = (await hear(panel))["cursor"]
        first = await gateway.say(conversation, "un")
        second = await gateway.say(conversation, "deux")
        async with gateway.adviser(conversation) as panel:
            await tell(panel, type="resume", last_event_id=cursor)
            assert (await hear(panel))["type"] == "resumed"
            got = [(await hear(panel))["event"]["data"]["id"] for _ in range(2)]
            assert got == [first["id"], second["id"]]
        async with gateway.adviser(conversation, after="1-99999") as panel:
            assert (await hear(panel))["type"] == "resync"
            assert len((await hear(panel))["screen"]["turns"]) == 2


async def test_shutdown_tells_panels_to_come_back(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        panel = await gateway.adviser(conversation)
        await hear(panel)
    async with asyncio.timeout(5):
        await panel.wait_closed()
    assert panel.close_code == 1012
