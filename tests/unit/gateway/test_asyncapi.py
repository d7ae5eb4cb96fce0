"""The AsyncAPI document says all sockets, and every reference in it leads somewhere."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from services.gateway.asyncapi import SOCKETS, document
from services.gateway.streams import router

DOCUMENT = document("1")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_every_socket_is_described() -> None:
    assert {route.path for route in router.routes} == set(SOCKETS)  # type: ignore[attr-defined]
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == set(SOCKETS)


def test_every_reference_leads_somewhere() -> None:
    references = set(_references(DOCUMENT))
    assert len(references) > 20
    for reference in references:
        node = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_the_frames_of_the_tests_fit_their_schemas() -> None:
    frame = {"type": "start", "sample_rate": 8000, "encoding": "mulaw", "channels": 2}
    _check("AudioStart", frame)
    with pytest.raises(jsonschema.ValidationError):
        _check("AudioStart", frame | {"sample_rate": 44100})
    _check("ChatAcknowledged", {"type": "ack", "turn_id": "t1"})


def _check(name: str, frame: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.validate(frame, schema)
