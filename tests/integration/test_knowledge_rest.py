"""Knowledge over REST: documents come, are found, change and go; what is wrong is said by line."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.assist.knowledge.library import Libraries, open_libraries
from services.kit.settings import Settings
from tests.fakes.encoders import shipped_encoder
from tests.fakes.gateway_server import Running, running_gateway
from tests.fakes.kept import KEPT_DATA_DIR

EXPRESS = {
    "id": "express",
    "title": "Livraison express",
    "text": "La livraison express arrive le lendemain avant midi.\n## Prix\nElle coûte 9 euros.",
    "url": "https://aide.example/express",
}
WARRANTY = {
    "id": "warranty",
    "title": "Warranty",
    "text": "New devices carry a two-year warranty. Water damage is not covered.",
    "language": "en",
}


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[Running, Libraries]]:
    """A gateway, and an assistant's libraries on the same Redis."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running_gateway(tmp_path))
        libraries = open_libraries(
            gateway.journal.redis, shipped_encoder(), Settings(data_dir=KEPT_DATA_DIR)
        )
        await stack.enter_async_context(libraries.running())
        yield gateway, libraries


async def lend(gateway: Running, *documents: dict[str, Any], tenant: str = "acme") -> Any:
    body = "\n".join(json.dumps(document) for document in documents)
    return await gateway.http.post(
        "/v1/knowledge/documents",
        content=body,
        headers=gateway.auth("crm", tenant) | {"Content-Type": "application/x-ndjson"},
    )


async def search(gateway: Running, query: str, tenant: str = "acme", **more: Any) -> Any:
    """Ask until nothing is pending, as a client that has just lent documents does."""
    while True:
        answer = await gateway.http.post(
            "/v1/knowledge/search",
            json={"query": query, **more},
            headers=gateway.auth("adviser", tenant),
        )
        assert answer.status_code == 200, answer.text
        if not answer.json()["pending"]:
            return answer.json()["passages"]


async def test_what_is_lent_is_found_with_its_words_version_and_date(tmp_path: Path) -> None:
    async with running(tmp_path) as (gateway, _):
        kept = await gateway.http.post(
            "/v1/knowledge/documents", json=EXPRESS, headers=gateway.auth("crm")
        )
        assert kept.json() == {
            "kept": [{"id": "express", "version": "1", "new": True}],
            "refused": [],
        }
        await lend(gateway, WARRANTY)
        [best, *_] = await search(gateway, "Quand arrive une livraison express ?")
        evidence = best["evidence"]
        assert (best["title"], best["language"], best["url"]) == (
            "Livraison express",
            "fr",
            "https://aide.example/express",
        )
        assert (evidence["document_id"], evidence["version"]) == ("express", "1")
        assert evidence["quote"] == EXPRESS["text"][evidence["start"] : evidence["end"]]
        assert "avant midi" in evidence["quote"]
        # In the other language too.
        [foreign, *_] = await search(gateway, "Mon téléphone neuf est-il garanti ?", language="fr")
        assert foreign["evidence"]["document_id"] == "warranty"
        assert await search(gateway, "garantie", tenant="other") == []


async def test_a_document_that_changes_or_goes_is_found_as_it_is_now(tmp_path: Path) -> None:
    async with running(tmp_path) as (gateway, _):
        await lend(gateway, EXPRESS, WARRANTY)
        new = EXPRESS | {"text": "La livraison express arrive sous 3 heures, à vélo."}
        assert (await lend(gateway, new)).json()["kept"][0] == {
            "id": "express",
            "version": "2",
            "new": False,
        }
        [best, *_] = await search(gateway, "délai de la livraison express", k=1)
        assert best["evidence"]["version"] == "2"
        assert "3 heures" in best["evidence"]["quote"]
        path, crm = "/v1/knowledge/documents/express", gateway.auth("crm")
        other = await gateway.http.delete(path, headers=gateway.auth("crm", tenant="other"))
        assert other.status_code == 404
        assert (await gateway.http.delete(path, headers=crm)).status_code == 204
        left = await search(gateway, "délai de la livraison express")
        assert [passage["evidence"]["document_id"] for passage in left] == ["warranty"]
        gone = await gateway.http.delete(path, headers=crm)
        assert (gone.status_code, gone.json()["field"]) == (404, "document_id")


async def test_every_assistant_sees_every_change(tmp_path: Path) -> None:
    async with running(tmp_path) as (gateway, first):
        await lend(gateway, EXPRESS)
        second = open_libraries(
            gateway.journal.redis, shipped_encoder(), Settings(data_dir=KEPT_DATA_DIR)
        )
        await second.catch_up()
        assert second.has_documents("acme")
        await search(gateway, "express")  # the first one has caught up when this returns
        assert first.has_documents("acme")
        await gateway.http.delete("/v1/knowledge/documents/express", headers=gateway.auth("admin"))
        await second.catch_up()
        assert not second.has_documents("acme")


async def test_a_bad_line_is_named_and_keeps_no_other_back(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        answer = await gateway.http.post(
            "/v1/knowledge/documents",
            content="\n".join(
                (
                    json.dumps(EXPRESS),
                    "",
                    "{nonsense",
                    json.dumps(WARRANTY | {"id": "a/b"}),
                    json.dumps(WARRANTY | {"txt": "x"}),
                    json.dumps(WARRANTY),
                )
            ),
            headers=gateway.auth("crm") | {"Content-Type": "application/x-ndjson; charset=utf-8"},
        )
        assert answer.status_code == 200
        body = answer.json()
        assert [kept["id"] for kept in body["kept"]] == ["express", "warranty"]
        assert [(r["line"], r["code"], r["field"]) for r in body["refused"]] == [
            (3, "malformed_input", None),
            (4, "invalid_input", "id"),
            (5, "invalid_input", "txt"),
        ]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("documents", {"id": "a", "title": "T"}, 422, "text"),
        ("documents", {"id": "a", "title": " ", "text": "x"}, 422, "title"),
        ("documents", {"id": "a", "title": "T", "text": " \n"}, 422, "text"),
        ("documents", EXPRESS | {"url": "javascript:alert(1)"}, 422, "url"),
        ("documents", EXPRESS | {"date": "2026-01-01T00:00:00"}, 422, "date"),
        ("documents", [EXPRESS], 400, None),
        ("search", {"query": ""}, 422, "query"),
        ("search", {"query": "x", "k": 51}, 422, "k"),
        ("search", {"query": "x", "language": "de"}, 422, "language"),
    ],
)
async def test_a_wrong_body_says_what_is_wrong(
    tmp_path: Path, path: str, body: Any, status: int, field: str | None
) -> None:
    async with running_gateway(tmp_path) as gateway:
        answer = await gateway.http.post(
            f"/v1/knowledge/{path}", json=body, headers=gateway.auth("crm")
        )
        assert answer.status_code == status, answer.text
        assert answer.json().get("field") == field
        assert answer.headers["content-type"] == "application/problem+json"


async def test_without_an_assistant_a_search_says_so(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        answer = await gateway.http.post(
            "/v1/knowledge/search", json={"query": "x"}, headers=gateway.auth("adviser")
        )
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
