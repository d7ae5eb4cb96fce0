"""``/v1/playbook``: write, read, list, take back; what is wrong is said by line; all of it kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from services.records.playbooks import MOST_VERSIONS
from tests.fakes.gateway_server import BUILT_IN_TEXT, Running, hear, running_gateway

YAML = {"Content-Type": "application/yaml"}
FIRST = {**YAML, "If-None-Match": "*"}
OWN = BUILT_IN_TEXT.replace(b"id: tiny", b"id: shop")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path) as running:
        yield running


async def send(
    gateway: Running, method: str, path: str = "", role: Any = "admin", **options: Any
) -> httpx2.Response:
    tenant = options.pop("tenant", "acme")
    headers = gateway.auth(role, tenant) | options.pop("headers", {})
    return await gateway.http.request(method, f"/v1/playbook{path}", headers=headers, **options)


async def put(gateway: Running, text: bytes, tag: str | None = None, **options: Any) -> Any:
    headers = FIRST if tag is None else {**YAML, "If-Match": tag}
    return await send(gateway, "PUT", content=text, headers=headers, **options)


async def test_a_tenant_without_one_reads_the_built_in_one_and_may_start_from_it(
    gateway: Running,
) -> None:
    shown = await send(gateway, "GET", role="adviser")
    assert shown.status_code == 200
    assert shown.content == BUILT_IN_TEXT
    assert shown.headers["content-type"].startswith("application/yaml")
    assert shown.headers["Souffleur-Playbook-Origin"] == "built-in"
    assert shown.headers["Souffleur-Playbook-Version"] == "0"
    again = await send(gateway, "GET", headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304
    kept = await put(gateway, OWN, shown.headers["ETag"])
    assert kept.status_code == 201, kept.text
    report = kept.json()
    assert (report["version"]["number"], report["changed"]) == (1, True)
    assert report["version"]["author"] == "s1"
    mine = await send(gateway, "GET", role="ops")
    assert (mine.content, mine.headers["Souffleur-Playbook-Origin"]) == (OWN, "own")
    assert mine.headers["ETag"] == kept.headers["ETag"]
    other = await send(gateway, "GET", tenant="other")
    assert other.content == BUILT_IN_TEXT


async def test_json_and_yaml_are_two_ways_to_write_the_same(gateway: Running) -> None:
    await put(gateway, OWN)
    shown = await send(gateway, "GET", headers={"Accept": "application/json, */*;q=0.1"})
    assert shown.headers["content-type"] == "application/json"
    content = shown.json()
    assert content["id"] == "shop"
    kept = await send(
        gateway,
        "PUT",
        content=json.dumps(content, indent="\t"),
        headers={"Content-Type": "application/json", "If-Match": shown.headers["ETag"]},
    )
    assert kept.status_code == 200, kept.text
    back = await send(gateway, "GET")
    assert yaml.safe_load(back.content) == content


async def test_writing_needs_to_have_seen_what_is_replaced(gateway: Running) -> None:
    bare = await send(gateway, "PUT", content=OWN, headers=YAML)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
    first = await put(gateway, OWN)
    other = OWN.replace(b"Colis perdu", b"Perte")
    assert (await put(gateway, other)).status_code == 412
    assert (await put(gateway, other, '"1-0"')).status_code == 412
    second = await put(gateway, other, first.headers["ETag"])
    assert (second.status_code, second.json()["version"]["number"]) == (200, 2)
    # The same call again, as after an answer that was lost: as before, and no new version.
    again = await put(gateway, other, first.headers["ETag"])
    assert (again.status_code, again.json()["version"]["number"]) == (200, 2)
    assert again.json()["changed"] is False
    stale = await put(gateway, OWN, first.headers["ETag"])
    assert stale.status_code == 412


async def test_of_many_who_write_over_the_same_version_one_wins(gateway: Running) -> None:
    first = await put(gateway, OWN)
    answers = await asyncio.gather(
        *(
            put(gateway, OWN.replace(b"Petit", f"Petit {n}".encode()), first.headers["ETag"])
            for n in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]
    versions = (await send(gateway, "GET", "/versions")).json()
    assert [each["number"] for each in versions["items"]] == [2, 1]


async def test_what_is_wrong_is_said_by_line(gateway: Running) -> None:
    wrong = OWN.replace(
        b"topic: orders\n    name: {fr: Colis", b"topic: order\n    name: {fr: Colis"
    )
    refused = await put(gateway, wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_playbook")
    [error] = refused.json()["errors"]
    assert (error["path"], error["line"]) == ("intents.1.topic", 12)
    assert "'order'" in error["detail"]
    assert "Did you mean 'orders'?" in error["fix"]
    assert (await send(gateway, "GET")).headers["Souffleur-Playbook-Version"] == "0"
    assert (await send(gateway, "GET", "/versions")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"\xff\xfe", "application/yaml", 400),
        (b"id: [", "application/yaml", 422),
        (b"", "application/yaml", 422),
        (b"!!python/object/apply:os.system [true]", "application/yaml", 422),
        (b'{"id": }', "application/json", 422),
        (OWN, "text/plain", 415),
        (OWN, "", 415),
        (b"# " + b"x" * (1 << 20), "application/yaml", 413),
        (b"# " + b"x" * (2 << 20), "application/yaml", 413),
    ],
)
async def test_what_is_no_playbook_is_refused_as_what_it_is(
    gateway: Running, body: bytes, media: str, status: int
) -> None:
    headers = {**FIRST, "Content-Type": media}
    answer = await send(gateway, "PUT", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )


async def test_a_dry_run_reports_and_keeps_nothing(gateway: Running) -> None:
    text = OWN.replace(b"mon colis est perdu", b"Mon colis est en retard !")
    answer = await send(gateway, "PUT", content=text, headers=YAML, params={"dry_run": True})
    assert answer.status_code == 200
    report = answer.json()
    assert (report["dry_run"], report["version"], report["intents"]) == (True, None, 2)
    shared = [each for each in report["warnings"] if each["code"] == "shared_example"]
    assert [(each["path"], each["line"]) for each in shared] == [("intents.1.examples.fr.0", 14)]
    assert (await send(gateway, "GET", "/versions")).json() == {
        "active": 0,
        "items": [],
        "next": None,
    }


async def test_rollback_makes_a_new_version_once(gateway: Running) -> None:
    first = await put(gateway, OWN)
    await put(gateway, OWN.replace(b"Petit", b"Autre"), first.headers["ETag"])
    headers = {"Idempotency-Key": "back-to-1"}
    body = {"version": 1, "note": "La 2 ne va pas"}
    back = await send(gateway, "POST", "/rollback", json=body, headers=headers)
    assert back.status_code == 200
    version = back.json()["version"]
    assert (version["number"], version["restored_from"], version["note"]) == (3, 1, body["note"])
    again = await send(gateway, "POST", "/rollback", json=body, headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (back.json(), "true")
    shown = await send(gateway, "GET")
    assert (shown.content, shown.headers["ETag"]) == (OWN, back.headers["ETag"])
    missing = await send(gateway, "POST", "/rollback", json={"version": 9})
    assert missing.status_code == 404


async def test_delete_goes_back_to_the_built_in_one_and_rollback_undoes_it(
    gateway: Running,
) -> None:
    assert (await send(gateway, "DELETE")).status_code == 404
    kept = await put(gateway, OWN)
    stale = await send(gateway, "DELETE", headers={"If-Match": '"7-0"'})
    assert stale.status_code == 412
    tag = {"If-Match": kept.headers["ETag"]}
    assert (await send(gateway, "DELETE", headers=tag)).status_code == 204
    assert (await send(gateway, "GET")).headers["Souffleur-Playbook-Origin"] == "built-in"
    back = await send(gateway, "POST", "/rollback", json={"version": 1})
    assert (back.json()["version"]["number"], back.json()["changed"]) == (2, True)
    assert (await send(gateway, "GET")).content == OWN


async def test_versions_come_in_pages_and_the_oldest_go(gateway: Running) -> None:
    tag = (await put(gateway, OWN)).headers["ETag"]
    for number in range(MOST_VERSIONS + 4):
        text = OWN.replace(b"version: 1", f"version: {number + 2}".encode())
        tag = (await put(gateway, text, tag)).headers["ETag"]
    last = MOST_VERSIONS + 5
    found: list[int] = []
    params: dict[str, Any] = {"limit": 20}
    while True:
        page = (await send(gateway, "GET", "/versions", role="crm", params=params)).json()
        assert page["active"] == last
        found += [each["number"] for each in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert found == list(range(last, last - MOST_VERSIONS, -1))
    oldest = await send(gateway, "GET", f"/versions/{found[-1]}")
    assert f"version: {found[-1]}".encode() in oldest.content
    assert (await send(gateway, "GET", f"/versions/{found[-1] - 1}")).status_code == 404
    # Texts that no version needs any more are gone too.
    assert await gateway.journal.redis.hlen("acme/playbook/texts") == MOST_VERSIONS


async def test_only_admins_write(gateway: Running) -> None:
    for role in ("adviser", "crm", "ops", "ingest"):
        for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/rollback")):
            answer = await send(gateway, method, path, role=role)
            assert answer.status_code == 403, (role, method)
    assert (await send(gateway, "GET", role="ingest")).status_code == 403


async def test_an_open_panel_learns_the_new_names(gateway: Running) -> None:
    conversation = await gateway.create()
    await gateway.say(conversation, "Bonjour")
    async with gateway.adviser(conversation) as panel:
        snapshot = await hear(panel)
        assert snapshot["labels"]["delivery_late"]["fr"] == "Livraison en retard"
        await put(gateway, OWN.replace(b"delivery_lost", b"vanished"))
        assert (await hear(panel))["type"] == "resync"
        labels = (await hear(panel))["labels"]
        # What was recognised before the change keeps its name.
        assert {"delivery_late", "delivery_lost", "vanished"} <= set(labels)


async def test_status_says_what_is_in_force_when_no_assistant_lives(gateway: Running) -> None:
    await put(gateway, OWN)
    status = (await send(gateway, "GET", "/status", role="ops")).json()
    assert (status["active"], status["assistants"]) == (1, [])


async def test_the_log_tells_of_a_change_and_of_nobody(
    gateway: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="services.gateway.playbooks")
    await put(gateway, OWN)
    [record] = [each for each in caplog.records if each.getMessage() == "playbook changed"]
    told = {"tenant": "acme", "role": "admin", "change": "written", "version": 1}
    assert {name: getattr(record, name) for name in told} == told
    assert "s1" not in json.dumps(record.__dict__, default=str)
