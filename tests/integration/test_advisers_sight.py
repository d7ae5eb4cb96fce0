"""Which conversations an adviser sees: their own and nobody's, unless the tenant says all."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from tests.fakes.gateway_server import Running, hear, running_gateway

MINE, THEIRS, NOBODYS = "mine", "theirs", "nobodys"


async def _open(gateway: Running, *, see_all: bool | None) -> None:
    for id_, adviser in ((MINE, "ana"), (THEIRS, "bob"), (NOBODYS, None)):
        await gateway.create(id=id_, adviser_id=adviser)
        await gateway.say(id_, "Bonjour")
    answer = await gateway.http.put(
        "/v1/admin/tenant", json={"advisers_see_all": see_all}, headers=gateway.auth("admin")
    )
    assert answer.status_code == 200


async def _shown(lobby: ClientConnection, ids: set[str]) -> None:
    """Wait until the list shows exactly these."""
    async with asyncio.timeout(5):
        while {row["id"] for row in (await hear(lobby))["items"]} != ids:
            pass


async def _seen(gateway: Running, headers: dict[str, str]) -> set[str]:
    found = await gateway.http.get("/v1/conversations", headers=headers)
    return {row["id"] for row in found.json()["items"]}


async def _status(knocking: Any) -> int:
    try:
        async with knocking:
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_colleagues_conversation_is_as_if_there_were_none(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _open(gateway, see_all=False)
        ana = gateway.auth("adviser", subject="ana")
        assert await _seen(gateway, ana) == {MINE, NOBODYS}
        unknown = await gateway.http.get("/v1/conversations/unknown", headers=ana)
        for part in ("", "/events", "/turns", "/suggestions"):
            for id_, status in ((MINE, 200), (NOBODYS, 200), (THEIRS, 404)):
                path = f"/v1/conversations/{id_}{part}"
                answer = await gateway.http.get(path, headers=ana)
                assert answer.status_code == status, path
            assert answer.json() == unknown.json()
        for id_, status in ((MINE, 101), (NOBODYS, 101), (THEIRS, 404)):
            assert await _status(gateway.adviser(id_, headers=ana)) == status
            body = {"conversation_id": id_}
            ticket = await gateway.http.post("/v1/tickets", json=body, headers=ana)
            assert ticket.status_code == {101: 201}.get(status, status)
        # A ticket for no conversation in particular opens none of a colleague either.
        ticket = (await gateway.http.post("/v1/tickets", headers=ana)).json()["ticket"]
        offered = ["souffleur.v1", f"ticket.{ticket}"]
        empty = {"Authorization": ""}
        assert await _status(gateway.adviser(THEIRS, headers=empty, subprotocols=offered)) == 404


async def test_other_roles_see_all(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _open(gateway, see_all=False)
        for role in ("crm", "admin"):
            headers = gateway.auth(role, subject="zoe")  # type: ignore[arg-type]
            assert await _seen(gateway, headers) == {MINE, THEIRS, NOBODYS}
            answer = await gateway.http.get(f"/v1/conversations/{THEIRS}/turns", headers=headers)
            assert answer.status_code == 200


async def test_the_list_follows_what_is_taken_and_handed_over(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _open(gateway, see_all=False)
        ana, bob = (gateway.auth("adviser", subject=name) for name in ("ana", "bob"))
        async with (
            gateway.adviser(None, headers=ana) as hers,
            gateway.adviser(None, headers=bob) as his,
            gateway.adviser(None, headers=gateway.auth("admin")) as chiefs,
        ):
            await _shown(hers, {MINE, NOBODYS})
            await _shown(his, {THEIRS, NOBODYS})
            await _shown(chiefs, {MINE, THEIRS, NOBODYS})
            for id_ in (NOBODYS, MINE):
                answer = await gateway.http.post(
                    f"/v1/conversations/{id_}/transfer",
                    json={"to_adviser_id": "bob"},
                    headers=gateway.auth("ingest"),
                )
                assert answer.status_code == 200, answer.text
            await _shown(hers, set())
            await _shown(his, {MINE, THEIRS, NOBODYS})
        assert await _status(gateway.adviser(MINE, headers=ana)) == 404


async def test_an_own_conversation_is_listed_however_many_others_have(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _open(gateway, see_all=False)
        for number in range(230):
            await gateway.create(id=f"x{number}", adviser_id="bob")
        async with gateway.adviser(None, headers=gateway.auth("adviser", subject="ana")) as lobby:
            await _shown(lobby, {MINE, NOBODYS})


@pytest.mark.parametrize(("see_all", "seen"), [(True, True), (None, True), (False, False)])
async def test_the_tenant_decides_and_development_shows_all(
    tmp_path: Path, see_all: bool | None, seen: bool
) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _open(gateway, see_all=see_all)
        ana = gateway.auth("adviser", subject="ana")
        assert (THEIRS in await _seen(gateway, ana)) is seen
        assert await _status(gateway.adviser(THEIRS, headers=ana)) == (101 if seen else 404)
