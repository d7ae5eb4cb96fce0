"""Every door has a lock: roles on each route, tickets, origins, and tenants that cannot meet."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.exceptions import InvalidStatus

from services.gateway.admission import bearer_token
from services.gateway.auth import OPEN_PATHS, Requires
from services.gateway.channels import CHANNELS
from services.gateway.credentials import Credentials
from services.gateway.rest.messaging import SignedWebhook
from tests.fakes.gateway_server import Running, hear, running_gateway

STARTER: dict[str, Any] = {"channel": "chat"}

ROUTES: dict[tuple[str, str], set[str]] = {
    ("GET", "/v1/conversations"): {"adviser", "crm"},
    ("POST", "/v1/conversations"): {"ingest"},
    ("GET", "/v1/conversations/{conversation_id}"): {"adviser", "crm"},
    ("GET", "/v1/conversations/{conversation_id}/events"): {"adviser", "crm"},
    ("GET", "/v1/conversations/{conversation_id}/turns"): {"adviser", "crm"},
    ("GET", "/v1/conversations/{conversation_id}/suggestions"): {"adviser", "crm"},
    ("POST", "/v1/conversations/{conversation_id}/turns"): {"ingest"},
    ("POST", "/v1/conversations/{conversation_id}/end"): {"ingest"},
    ("POST", "/v1/conversations/{conversation_id}/transfer"): {"ingest"},
    ("PUT", "/v1/customers/{customer_id}"): {"crm"},
    ("GET", "/v1/customers/{customer_id}"): {"adviser", "crm"},
    ("POST", "/v1/knowledge/documents"): {"crm"},
    ("DELETE", "/v1/knowledge/documents/{document_id}"): {"crm"},
    ("POST", "/v1/knowledge/search"): {"adviser", "crm"},
    ("POST", "/v1/tickets"): {"adviser"},
    ("GET", "/v1/schemas/{name}.json"): {"adviser", "crm", "ingest", "ops"},
    ("WS", "/v1/adviser/stream"): {"adviser"},
    ("WS", "/v1/ingest/audio"): {"ingest"},
    ("POST", "/v1/ingest/chatwoot"): {"signature"},
    ("POST", "/v1/ingest/sunshine"): {"signature"},
    ("WS", "/v1/ingest/audiohook"): {"signature"},
    ("WS", "/v1/ingest/chat"): {"ingest"},
    ("WS", "/v1/ingest/twilio/{key}"): {"signature"},
    ("WS", "/v1/ingest/telnyx"): {"ingest"},
    ("WS", "/v1/ingest/asterisk"): {"ingest"},
    ("WS", "/v1/ingest/jambonz"): {"ingest"},
    ("WS", "/v1/ingest/vonage"): {"ingest"},
}
"""Who may do what, said a second time: a new route fails this test until it is said here."""


def _routes(router: Any) -> Iterator[Any]:
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from _routes(inner)


def _locks(app: FastAPI) -> dict[tuple[str, str], set[str] | None]:
    found: dict[tuple[str, str], set[str] | None] = {}
    for route in _routes(app):
        methods = {"WS"} if isinstance(route, APIWebSocketRoute) else set(route.methods) - {"HEAD"}
        locks: list[Requires | Credentials] = []
        signed = False
        if isinstance(route, APIRoute | APIWebSocketRoute):
            calls = list(_calls(route.dependant))
            locks = [call for call in calls if isinstance(call, Requires | Credentials)]
            signed = any(call in SIGNATURES or isinstance(call, SignedWebhook) for call in calls)
        for method in methods:
            roles = set(locks[0].roles) - {"admin"} if locks else None
            found[method, route.path] = {"signature"} if signed else roles
    return found


SIGNATURES = {entry.admit for entry in CHANNELS if not isinstance(entry.admit, Credentials)} - {
    bearer_token
}
"""How systems get in that sign their requests instead of showing a token."""


def _calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


async def test_each_route_asks_for_a_role_or_is_listed_as_open(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        locks = _locks(gateway.app)
    assert {path for (_, path), roles in locks.items() if roles is None} == OPEN_PATHS
    assert {name: roles for name, roles in locks.items() if roles is not None} == ROUTES


async def test_a_route_without_a_lock_would_be_found(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:

        @gateway.app.get("/v1/planted")
        async def planted() -> None: ...

        assert _locks(gateway.app)["GET", "/v1/planted"] is None


async def test_each_role_gets_in_where_it_may_and_nowhere_else(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        for (method, pattern), allowed in ROUTES.items():
            path = pattern.format(
                conversation_id=conversation, customer_id="k", name="turn", document_id="d", key="k"
            )
            for role in ("adviser", "crm", "ingest", "ops", "admin"):
                status = await _knock(gateway, method, path, gateway.auth(role))  # type: ignore[arg-type]
                if allowed == {"signature"}:
                    assert status in {400, 401}, (path, role, status)
                    continue
                may = role in allowed or role == "admin"
                assert (status != 403) == may, (method, path, role, status)
            if allowed == {"signature"}:
                continue
            for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x"}):
                assert await _knock(gateway, method, path, header) == 401, (method, path, header)


async def _knock(gateway: Running, method: str, path: str, headers: dict[str, str]) -> int:
    if method != "WS":
        # A body that fits nothing: who may not pass must be told so before it is looked at.
        answer = await gateway.http.request(method, path, headers=headers)
        return answer.status_code
    try:
        async with gateway.socket(path, "ops", headers=headers or {"Authorization": ""}):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_tenants_see_nothing_of_each_other(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create(id="shared-name", customer_id="k1")
        await gateway.say(conversation, "secret")
        await gateway.http.put(
            "/v1/customers/k1", json={"display_name": "Mme Durand"}, headers=gateway.auth("crm")
        )
        other = gateway.auth("admin", tenant="other")
        for method, pattern in ROUTES:
            if "{c" not in pattern:
                continue
            path = pattern.format(conversation_id=conversation, customer_id="k1")
            body = {"role": "customer", "text": "x", "to_adviser_id": "a"}
            if method == "PUT":
                continue
            sent = {k: v for k, v in body.items() if ("transfer" in path) == (k == "to_adviser_id")}
            json = sent if method == "POST" and not path.endswith("/end") else None
            answer = await gateway.http.request(method, path, headers=other, json=json)
            assert answer.status_code == 404, (method, path, answer.text)
        listed = await gateway.http.get("/v1/conversations", headers=other)
        assert listed.json()["items"] == []
        async with gateway.adviser(None, headers=other) as lobby:
            assert (await hear(lobby))["items"] == []
        with pytest.raises(InvalidStatus) as refused:
            await gateway.adviser(conversation, headers=other)
        assert refused.value.response.status_code == 404
        mine = await gateway.http.post(
            "/v1/conversations", json={"channel": "chat", "id": "shared-name"}, headers=other
        )
        assert mine.status_code == 201


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
