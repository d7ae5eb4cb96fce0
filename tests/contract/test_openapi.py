"""The OpenAPI document: each operation has an example, and each example fits its schema."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from services.gateway.app import create_app
from services.gateway.rest import ROUTERS
from services.gateway.rest.examples import REQUESTS, RESPONSES
from services.gateway.rest.idempotency import IdempotentRoute
from services.journal.journal import Journal
from services.kit.settings import Settings
from tests.fakes.gateway_server import SECRET, Sink

SIGNED = {"/v1/ingest/chatwoot", "/v1/ingest/sunshine"}
"""Other systems' webhooks: they have no such header, and messages have ids of their own."""


@pytest.fixture
async def document(tmp_path: Path) -> dict[str, Any]:
    async with Journal.open(f"unix://{tmp_path}/none.sock") as journal:
        settings = Settings(data_dir=tmp_path, token_secret=SECRET)
        app = create_app(settings, journal=journal, audio_sink=Sink())
        return app.openapi()


def _contents(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield name, "request", content
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    yield name, status, content


def _examples(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    named = [each["value"] for each in content.get("examples", {}).values()]
    return [*named, *schema.get("examples", [])]


async def test_every_operation_has_examples_that_fit(document: dict[str, Any]) -> None:
    validate(document)
    missing, wrong = [], []
    for name, part, content in _contents(document):
        examples = _examples(document, content)
        if not examples:
            missing.append(f"{name} {part}")
        schema = {**content.get("schema", {}), "components": document["components"]}
        wrong += [
            f"{name} {part}: {error.json_path} {error.message[:200]}"
            for example in examples
            for error in Draft202012Validator(schema).iter_errors(example)
        ]
    assert not missing
    assert not wrong


async def test_no_example_is_left_over(document: dict[str, Any]) -> None:
    names = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert set(REQUESTS) | set(RESPONSES) <= names


async def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    without = []
    for path, operations in document["paths"].items():
        if "post" in operations and path not in SIGNED:
            names = [each["name"] for each in operations["post"].get("parameters", [])]
            if "Idempotency-Key" not in names:
                without.append(path)
    assert without == []
    routes = [route for router in ROUTERS for route in router.routes]
    plain = [
        route.path
        for route in routes
        if isinstance(route, APIRoute)
        and "POST" in route.methods
        and not isinstance(route, IdempotentRoute)
    ]
    # The import reads its body as it comes and looks after its key itself.
    assert set(plain) == {*SIGNED, "/v1/customers/import"}
