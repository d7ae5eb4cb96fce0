"""A tenant's administrator sets Souffleur up over REST: configuration, integrations, secrets."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from services.gateway.rest.admin_bodies import check
from services.kit.errors import InvalidInput
from services.records.integrations import KINDS, Integration
from tests.fakes.gateway_server import Running, hear, running_gateway

SECRET = "c2VjcmV0LW9mLXRoZS1wYng="
HOOK: dict[str, Any] = {"kind": "audiohook", "key": "api-key-1", "secrets": {"secret": SECRET}}


async def _put(gateway: Running, path: str, body: Any, **headers: str) -> Any:
    return await gateway.http.put(
        f"/v1/admin/{path}", json=body, headers=gateway.auth("admin") | headers
    )


async def _get(gateway: Running, path: str, **headers: str) -> Any:
    return await gateway.http.get(f"/v1/admin/{path}", headers=gateway.auth("admin") | headers)


async def test_a_configuration_is_read_written_and_never_overwritten_unseen(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path) as gateway:
        first = await _get(gateway, "tenant")
        assert first.status_code == 200
        assert first.json()["allowed_origins"] == []
        assert first.json()["limits"]["requests_per_s"] is None
        wanted = {"allowed_origins": ["https://crm.example"], "retention_days": 7}
        tag = first.headers["ETag"]
        written = await _put(gateway, "tenant", wanted, **{"If-Match": tag})
        assert written.status_code == 200
        assert written.json()["retention_days"] == 7
        again = await _put(gateway, "tenant", {}, **{"If-Match": tag})
        assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
        fresh = await _get(gateway, "tenant")
        assert fresh.json() == written.json()
        assert fresh.headers["ETag"] == written.headers["ETag"] != tag
        same = await _get(gateway, "tenant", **{"If-None-Match": fresh.headers["ETag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert (await _put(gateway, "tenant", {})).status_code == 200  # without If-Match


MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"allowed_origins": ["https://crm.example/"]}, "allowed_origins.0"),
    ({"allowed_origins": ["*"]}, "allowed_origins.0"),
    ({"allowed_origins": ["javascript:x"]}, "allowed_origins.0"),
    ({"languages": []}, "languages"),
    ({"languages": ["de"]}, "languages.0"),
    ({"retention_days": 0}, "retention_days"),
    ({"limits": {"requests_per_s": 0}}, "limits.requests_per_s"),
    ({"limits": {"message_bytes": 1_000_000}}, "limits.message_bytes"),
    ({"limits": {"speed": 1}}, "limits.speed"),
    ({"tenant": "other"}, "tenant"),
]


async def test_a_configuration_that_does_not_fit_is_named(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        for body, field in MISFITS:
            answer = await _put(gateway, "tenant", body)
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status_code, answer.json()["field"]) == (422, field), body


async def test_the_tenants_own_origins_may_connect_and_others_tenants_pages_may_not(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path) as gateway:
        origin = "https://crm.example"
        with pytest.raises(InvalidStatus):
            await gateway.adviser(None, origin=origin)
        await _put(gateway, "tenant", {"allowed_origins": [origin]})
        async with gateway.adviser(None, origin=origin) as panel:
            assert (await hear(panel))["type"] == "conversations"
        headers = gateway.auth("adviser") | {"Origin": origin}
        assert (await gateway.http.post("/v1/tickets", headers=headers)).status_code == 201
        headers = gateway.auth("adviser", "other") | {"Origin": origin}
        assert (await gateway.http.post("/v1/tickets", headers=headers)).status_code == 403
        with pytest.raises(InvalidStatus) as refused:
            await gateway.adviser(None, origin=origin, headers=gateway.auth("adviser", "other"))
        assert refused.value.response.status_code == 403


async def test_the_languages_of_a_tenant_bound_its_conversations(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _put(gateway, "tenant", {"languages": ["fr"]})
        conversation = await gateway.create()
        headers = gateway.auth("crm")
        path = f"/v1/conversations/{conversation}"
        assert (await gateway.http.get(path, headers=headers)).json()["language"] == "fr"
        refused = await gateway.http.post(
            "/v1/conversations",
            json={"channel": "chat", "language": "en"},
            headers=gateway.auth("ingest"),
        )
        assert (refused.status_code, refused.json()["field"]) == (422, "language")
        start = {"type": "start", "sample_rate": 8000, "encoding": "mulaw", "channels": 2}
        async with gateway.socket("/v1/ingest/audio", "ingest") as phone:
            await phone.send(json.dumps(start | {"language": "en"}))
            assert (await hear(phone))["field"] == "language"
        async with gateway.socket("/v1/ingest/audio", "ingest") as phone:
            await phone.send(json.dumps(start))
            assert (await hear(phone))["type"] == "started"
            assert {leg.start.language for leg in gateway.sink.legs} == {"fr"}


async def test_a_secret_is_never_given_back_and_rotates(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        path = "integrations/pbx"
        made = await _put(gateway, path, HOOK)
        assert made.status_code == 201
        shown = {
            "id": "pbx",
            "kind": "audiohook",
            "key": "api-key-1",
            "has_secret": True,
            "has_previous": False,
            "config": {},
        }
        assert made.json() == shown
        kept = await _put(gateway, path, {"kind": "audiohook", "key": "api-key-2"})
        assert (kept.status_code, kept.json()) == (200, shown | {"key": "api-key-2"})
        integrations = gateway.app.state.gateway.integrations
        assert (await integrations.get("acme", "pbx")).secrets == {"secret": SECRET}
        other = "b3RoZXItc2VjcmV0"
        for _ in range(2):  # the same again keeps what was before
            turned = await _put(gateway, path, HOOK | {"secrets": {"secret": other}})
            assert turned.json()["has_previous"]
        stored = await integrations.get("acme", "pbx")
        assert stored.secrets == {"secret": other, "previous": SECRET}
        final = await _put(
            gateway, path, {"kind": "audiohook", "key": "api-key-1", "secrets": {"previous": None}}
        )
        assert not final.json()["has_previous"]
        assert (await integrations.get("acme", "pbx")).secrets == {"secret": other}
        seen = [await _get(gateway, path), await _get(gateway, "integrations")]
        assert all(answer.status_code == 200 for answer in seen)
        for answer in (made, kept, turned, final, *seen):
            assert SECRET not in answer.text
            assert other not in answer.text
        assert [row["id"] for row in seen[1].json()["items"]] == ["pbx"]


async def test_an_integration_is_deleted_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _put(gateway, "integrations/pbx", HOOK)
        headers = gateway.auth("admin")
        for status in (204, 404):
            answer = await gateway.http.delete("/v1/admin/integrations/pbx", headers=headers)
            assert answer.status_code == status
        assert (await _get(gateway, "integrations/pbx")).status_code == 404
        assert await gateway.app.state.gateway.integrations.find("audiohook", "api-key-1") is None


async def test_a_public_key_belongs_to_one_tenant_and_the_kind_stays(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _put(gateway, "integrations/pbx", HOOK)
        theirs = await gateway.http.put(
            "/v1/admin/integrations/pbx", json=HOOK, headers=gateway.auth("admin", "other")
        )
        assert (theirs.status_code, theirs.json()["field"]) == (409, "key")
        changed = await _put(
            gateway,
            "integrations/pbx",
            {"kind": "jambonz", "key": "k", "secrets": {"secret": "s3cr3t"}},
        )
        assert (changed.status_code, changed.json()["field"]) == (409, "kind")


UNFIT: list[tuple[dict[str, Any], str]] = [
    (HOOK | {"kind": "fax"}, "kind"),
    (HOOK | {"key": " "}, "key"),
    (HOOK | {"secrets": {"secret": "not base64!"}}, "secrets.secret"),
    (HOOK | {"secrets": {"secret": ""}}, "secrets.secret"),
    (HOOK | {"config": {"colour": "red"}}, "config.colour"),
    ({"kind": "chatwoot", "key": "1"}, "secrets.secret"),
    ({"kind": "chatwoot", "key": "acme", "secrets": {"secret": "s3cr3t"}}, "key"),
    ({"kind": "jambonz", "key": "a:b", "secrets": {"secret": "s3cr3t"}}, "key"),
    ({"kind": "twilio", "key": "k", "config": {"account_sid": "AC1"}}, "config.account_sid"),
    (
        {"kind": "twilio", "key": "k", "config": {"public_url": "http://x"}},
        "config.public_url",
    ),
    (
        {
            "kind": "telnyx",
            "key": "k",
            "secrets": {"secret": "s3cr3t"},
            "config": {"inbound_role": "bot"},
        },
        "config.inbound_role",
    ),
    (HOOK | {"tenant": "other"}, "tenant"),
]


async def test_what_an_integration_needs_is_said(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        for body, field in UNFIT:
            answer = await _put(gateway, "integrations/pbx", body)
            assert (answer.status_code, answer.json()["field"]) == (422, field), body
            secret = body.get("secrets", {}).get("secret")
            assert not secret or secret not in answer.text
        assert (await _get(gateway, "integrations")).json()["items"] == []


async def test_each_kind_is_taken_with_what_it_needs(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        for kind in KINDS:
            body = {"kind": kind, "key": "12345", "secrets": {"secret": SECRET}}
            answer = await _put(gateway, f"integrations/{kind}", body)
            assert answer.status_code == 201, answer.text
        shown = (await _get(gateway, "integrations")).json()["items"]
        assert [row["id"] for row in shown] == sorted(KINDS)


def test_production_takes_nothing_unsigned() -> None:
    for kind in KINDS:
        unsigned = Integration(tenant="acme", id="x", kind=kind, key="12345")
        with pytest.raises(InvalidInput) as refused:
            check(unsigned, production=True)
        assert refused.value.field == "secrets.secret"


async def test_a_tenants_retention_holds_for_what_is_written_from_then_on(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        usual = await gateway.create()
        await _put(gateway, "tenant", {"retention_days": 2})
        await gateway.http.put(
            "/v1/customers/k1", json={"display_name": "X"}, headers=gateway.auth("crm")
        )
        assert round(await gateway.journal.redis.ttl("acme/customer/k1") / 86_400) == 2
        short = await gateway.create()
        await gateway.say(short, "Bonjour")
        redis = gateway.journal.redis
        days = {
            name: round(await redis.ttl(f"acme/conversation/{name}{part}") / 86_400)
            for name in (usual, short)
            for part in ("", "/state", "/summary")
        }
        assert days == {usual: 30, short: 2}
        await _put(gateway, "tenant", {})
        await gateway.say(short, "Encore")
        assert await redis.ttl(f"acme/conversation/{short}") > 29 * 86_400


async def test_the_examples_of_openapi_are_taken(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        schemas = (await gateway.http.get("/openapi.json")).json()["components"]["schemas"]
        for path, name in (("tenant", "TenantConfig"), ("integrations/pbx", "IntegrationPut")):
            [example] = schemas[name]["examples"]
            answer = await _put(gateway, path, example)
            assert answer.status_code in {200, 201}, answer.text
        assert (await _get(gateway, "integrations/pbx")).json().items() >= {
            name: value
            for name, value in schemas["IntegrationShown"]["examples"][0].items()
            if name != "id"
        }.items()
