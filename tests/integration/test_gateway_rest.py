"""REST: idempotence, paging, and errors that name the field, whatever comes in."""

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.fakes.gateway_server import hear, running_gateway


async def test_starting_twice_with_one_id_is_one_conversation(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        ingest = gateway.auth("ingest")
        body = {"id": "c1", "channel": "chat", "language": "fr", "customer_id": "k1"}
        first = await gateway.http.post("/v1/conversations", json=body, headers=ingest)
        again = await gateway.http.post("/v1/conversations", json=body, headers=ingest)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert first.headers["Location"] == "/v1/conversations/c1"
        other = await gateway.http.post(
            "/v1/conversations", json=body | {"language": "en"}, headers=ingest
        )
        assert (other.status_code, other.json()["field"]) == (409, "id")
        events = await gateway.http.get("/v1/conversations/c1/events", headers=gateway.auth("crm"))
        assert [event["type"] for event in events.json()["items"]] == ["conversation.started"]


async def test_a_turn_sent_twice_is_there_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create(language="fr")
        for _ in range(3):
            await gateway.say(conversation, "Bonjour", id="t1")
        at = "2100-01-01T00:00:00Z"
        later = await gateway.say(conversation, "Plus tard", id="t2", at=at, language="en")
        assert later["start_ms"] > 1e9
        turns = await gateway.http.get(
            f"/v1/conversations/{conversation}/turns", headers=gateway.auth("adviser")
        )
        items = turns.json()["items"]
        assert [(t["id"], t["language"]) for t in items] == [("t1", "fr"), ("t2", "en")]


async def test_an_ended_conversation_takes_no_more_turns(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create(customer_id="k1")
        await gateway.say(conversation, "Bonjour")
        path, ingest = f"/v1/conversations/{conversation}", gateway.auth("ingest")
        moved = await gateway.http.post(
            f"{path}/transfer", json={"to_adviser_id": "a2"}, headers=ingest
        )
        assert moved.json()["adviser_id"] == "a2"
        first = await gateway.http.post(f"{path}/end", json={"reason": "completed"}, headers=ingest)
        again = await gateway.http.post(f"{path}/end", headers=ingest)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()
        assert first.json()["turns"] == 1
        refused = await gateway.http.post(
            f"{path}/turns", json={"role": "customer", "text": "Encore"}, headers=ingest
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        await gateway.http.put(
            "/v1/customers/k1", json={"display_name": "A"}, headers=gateway.auth("crm")
        )
        events = await gateway.http.get(f"{path}/events", headers=gateway.auth("crm"))
        assert events.json()["items"][-1]["type"] == "conversation.ended"


async def test_pages_hold_everything_once_newest_first(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        made = [await gateway.create() for _ in range(7)]
        crm = gateway.auth("crm")
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query: dict[str, Any] = {"limit": 3} | ({"cursor": cursor} if cursor else {})
            page = await gateway.http.get("/v1/conversations", params=query, headers=crm)
            seen += [item["id"] for item in page.json()["items"]]
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert sorted(seen) == sorted(made)
        assert seen[0] in made[-2:]  # two may start in one millisecond
        await gateway.http.post(f"/v1/conversations/{made[0]}/end", headers=gateway.auth("ingest"))
        live = await gateway.http.get("/v1/conversations?live=true", headers=crm)
        assert sorted(item["id"] for item in live.json()["items"]) == sorted(made[1:])
        bad = await gateway.http.get("/v1/conversations?cursor=%FF!", headers=crm)
        assert (bad.status_code, bad.json()["field"]) == (422, "cursor")


async def test_events_are_paged_by_their_ids(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        for n in range(4):
            await gateway.say(conversation, f"turn {n}")
        path, crm = f"/v1/conversations/{conversation}/events", gateway.auth("crm")
        first = (await gateway.http.get(path, params={"limit": 3}, headers=crm)).json()
        rest = (await gateway.http.get(path, params={"after": first["next"]}, headers=crm)).json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)
        gone = await gateway.http.get(path, params={"after": "1-999"}, headers=crm)
        assert (gone.status_code, gone.json()["code"]) == (410, "resync_needed")


async def test_a_customers_version_rises_only_with_a_change(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        crm = gateway.auth("crm")
        fact = {"name": "plan", "value": "Zen", "origin": "CRM", "date": "2026-01-05T09:00:00Z"}
        record: dict[str, Any] = {"display_name": "Mme Durand", "fields": [fact]}
        versions = []
        for body in (record, record, record | {"language": "fr"}):
            answer = await gateway.http.put("/v1/customers/k1", json=body, headers=crm)
            versions.append(answer.json()["version"])
        assert versions == [1, 1, 2]
        assert (await gateway.http.get("/v1/customers/k1", headers=crm)).json() == answer.json()
        assert (await gateway.http.get("/v1/customers/k2", headers=crm)).status_code == 404


TURN: dict[str, Any] = {"role": "customer", "text": "x"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "x"}, "role"),
        (TURN | {"role": "boss"}, "role"),
        (TURN | {"text": "  "}, "text"),
        (TURN | {"text": "x" * 8_001}, "text"),
        (TURN | {"text": 7}, "text"),
        (TURN | {"id": "a/b"}, "id"),
        (TURN | {"at": "2026-01-05T09:00:00"}, "at"),
        (TURN | {"language": "de"}, "language"),
        (TURN | {"tenant": "other"}, "tenant"),
    ],
)
async def test_a_wrong_field_is_named_and_not_quoted(
    tmp_path: Path, body: dict[str, Any], field: str
) -> None:
    async with running_gateway(tmp_path) as gateway:
        answer = await gateway.http.post(
            "/v1/conversations/c1/turns", json=body, headers=gateway.auth("ingest")
        )
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert "input" not in answer.json()


async def test_every_refusal_is_a_problem_document(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        ingest = gateway.auth("ingest") | {"Content-Type": "application/json"}
        crm = gateway.auth("crm")
        cases: list[tuple[int, str, str, dict[str, Any]]] = [
            (404, "GET", "/v1/nothing", {}),
            (404, "GET", "/assets/../../app.py", {}),
            (404, "GET", "/assets/%2e%2e/index.ts", {}),
            (405, "DELETE", "/v1/conversations", {}),
            (401, "GET", "/v1/conversations", {}),
            (403, "GET", "/v1/conversations", {"headers": ingest}),
            (404, "GET", "/v1/conversations/none", {"headers": crm}),
            (422, "GET", "/v1/conversations/%20", {"headers": crm}),
            (422, "GET", "/v1/conversations?limit=0", {"headers": crm}),
            (404, "GET", "/v1/schemas/none.json", {"headers": crm}),
            (400, "POST", "/v1/conversations", {"headers": ingest, "content": b"{"}),
            (
                400,
                "POST",
                "/v1/conversations",
                {"headers": ingest, "content": "é".encode("latin-1")},
            ),
            (400, "POST", "/v1/conversations", {"headers": ingest, "content": b"[]"}),
            (422, "POST", "/v1/conversations", {"headers": ingest}),
            (413, "POST", "/v1/conversations", {"headers": ingest, "content": b" " * 2_200_000}),
            (400, "POST", "/v1/conversations", {"headers": ingest, "content": b"1" * 5_000}),
            (400, "POST", "/v1/conversations", {"headers": ingest, "content": b"[" * 100_000}),
        ]
        for status, method, path, options in cases:
            answer = await gateway.http.request(method, path, **options)
            assert answer.status_code == status, (method, path, answer.status_code, answer.text)
            assert answer.headers["Content-Type"].startswith("application/problem+json")
            problem = answer.json()
            assert problem["status"] == status
            assert problem["detail"]
            assert problem["type"] == f"urn:souffleur:problem:{problem['code']}"


async def test_a_body_without_a_length_is_cut_at_the_limit(tmp_path: Path) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    async with running_gateway(tmp_path) as gateway:
        answer = await gateway.http.post(
            "/v1/conversations", content=endless(), headers=gateway.auth("ingest")
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_the_api_describes_itself(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        document = (await gateway.http.get("/openapi.json")).json()
        validate(document)
        operation = document["paths"]["/v1/conversations"]["post"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        assert "HTTPValidationError" not in document["components"]["schemas"]
        assert operation["security"] == [{"bearer": []}]


async def test_the_panel_is_served_under_a_strict_policy(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        page = await gateway.http.get("/")
        assert page.headers["Content-Type"].startswith("text/html")
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "<script>" not in page.text
        script = await gateway.http.get("/assets/panel.js")
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert (await gateway.http.head("/healthz")).status_code in {200, 405}
        metrics = await gateway.http.get("/metrics")
        assert 'route="/assets/{path:path}"' in metrics.text


async def test_suggestions_start_empty(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        answer = await gateway.http.get(
            f"/v1/conversations/{conversation}/suggestions", headers=gateway.auth("crm")
        )
        assert answer.json() == {"items": [], "next": None}
        async with gateway.adviser(conversation) as panel:
            assert (await hear(panel))["screen"]["cards"] == []


async def test_a_record_is_taken_although_an_old_conversation_has_expired(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        gone, live = await gateway.create(customer_id="k1"), await gateway.create(customer_id="k1")
        redis = gateway.journal.redis
        await redis.delete(f"acme/conversation/{gone}", f"acme/conversation/{gone}/state")
        answer = await gateway.http.put(
            "/v1/customers/k1", json={"display_name": "Mme Durand"}, headers=gateway.auth("crm")
        )
        assert answer.status_code == 200
        async with gateway.adviser(live) as panel:
            assert (await hear(panel))["screen"]["customer"]["version"] == 1
