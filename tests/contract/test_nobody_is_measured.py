"""P3, no adviser scoring by construction: no schema, metric or log field may measure a person.

Everything is read from the sources: JSON Schemas of each contract and REST body, names and labels
of each metric, fields of each log record. A measure may not stand beside a person's id, may not be
keyed by one, and the names under which call centres time people may not appear at all.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from services.gateway.rest.schemas import SCHEMAS

SERVICES = Path(__file__).parents[2] / "services"

PERSON = re.compile(
    r"(^|_)(advisers?|advisors?|agents?|employees?|operators?|users?|subject|staff|worker_name|author)(_|$)"
)
MEASURE = re.compile(
    r"(^|_)(scores?|sentiments?|moods?|emotions?|ratings?|ranks?|ranking|rates?|ratio|acceptance|accepted"
    r"|dismissed|duration|elapsed|seconds|ms|minutes|handle|handling|talk|hold|idle|latency|average"
    r"|avg|mean|performance|productivity|quality|speed|pace|counts?|total|percentile)(_|$)"
)
NEVER = re.compile(
    r"(handle_?time|handling_time|(^|_)aht(_|$)|talk_?time|hold_?time|idle_?time|after_call_work"
    r"|occupancy|adherence|productivity|leader_?board|acceptance_rate|compliance_score)"
)
KEYED = re.compile(
    r"(^|_)(by|per|of|for)_(adviser|advisor|agent|employee|operator|user|subject)s?(_|$)"
)

OF_THINGS = {"sample_rate"}
"""Measures that cannot be anybody's."""

METRIC_CALLS = {"counter", "gauge", "histogram", "Counter", "Gauge", "Histogram", "Summary", "Info"}


def schema_faults(name: str, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a JSON Schema and everything inside it."""
    faults = []
    for where, node in _objects(name, schema):
        keys = list(node.get("properties", {}))
        faults += [f"{where}.{key}" for key in keys if NEVER.search(key) or KEYED.search(key)]
        people = [key for key in keys if PERSON.search(key)]
        measures = [key for key in keys if MEASURE.search(key) and key not in OF_THINGS]
        if people and measures:
            faults.append(f"{where}: {measures} beside {people}")
        kinds = str(node.get("properties", {}).get("type", ""))
        if people and "suggestion." in kinds:
            faults.append(f"{where}: what becomes of a card beside {people}")
        if "suggestion_id" in keys and people:
            faults.append(f"{where}: a card beside {people}")
    return faults


def _objects(where: str, node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if "properties" in node:
            yield where, node
        for key, value in node.items():
            yield from _objects(
                f"{where}.{key}" if key not in {"properties", "$defs"} else where, value
            )
    elif isinstance(node, list):
        for value in node:
            yield from _objects(where, value)


def source_faults(source: str, where: str) -> list[str]:
    """Return what is wrong with the metrics and log fields of one module."""
    faults = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = (
            call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        )
        if name in METRIC_CALLS:
            texts = _texts(call)
            metric, labels = texts[0] if texts else "", texts[2:]
            if (
                NEVER.search(metric)
                or KEYED.search(metric)
                or (PERSON.search(metric) and MEASURE.search(metric))
            ):
                faults.append(f"{where}: metric {metric}")
            faults += [f"{where}: label {label}" for label in labels if PERSON.search(label)]
        for keyword in call.keywords:
            if keyword.arg == "extra":
                faults += [
                    f"{where}: log field {field}"
                    for field in _keys(keyword.value)
                    if PERSON.search(field) or NEVER.search(field) or KEYED.search(field)
                ]
    return faults


def _texts(call: ast.Call) -> list[str]:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [
        node.value
        for value in values
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _keys(value: ast.expr) -> list[str]:
    return [
        key.value
        for node in ast.walk(value)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]


def _models() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, contract in SCHEMAS.items():
        yield name, TypeAdapter(contract).json_schema()
    files = [*SERVICES.glob("contracts/*.py"), *SERVICES.glob("gateway/**/*.py")]
    files += SERVICES.glob("records/*.py")
    for file in files:
        module = ".".join(("services", *file.relative_to(SERVICES).with_suffix("").parts))
        if "panel" in module:
            continue
        for name, model in inspect.getmembers(importlib.import_module(module), inspect.isclass):
            if issubclass(model, BaseModel) and model.__module__ == module:
                yield f"{module}.{name}", model.model_json_schema()


def _sources() -> list[Path]:
    return [file for file in SERVICES.rglob("*.py") if "node_modules" not in file.parts]


def test_no_schema_measures_a_person() -> None:
    schemas = dict(_models())
    assert len(schemas) > 40
    assert [
        fault for name, schema in schemas.items() for fault in schema_faults(name, schema)
    ] == []


def test_no_metric_or_log_field_measures_a_person() -> None:
    files = _sources()
    faults = [fault for file in files for fault in source_faults(file.read_text(), file.name)]
    assert faults == []


def test_the_metrics_and_log_fields_are_really_read() -> None:
    text = "\n".join(file.read_text() for file in _sources())
    planted = text.replace('("channel",)', '("adviser_id",)').replace('"error_code":', '"adviser":')
    assert len(source_faults(planted, "all")) >= 4


@pytest.mark.parametrize(
    "properties",
    [
        ["average_handle_time_s"],
        ["handle_time"],
        ["adviser_id", "acceptance_rate"],
        ["adviser_id", "sentiment"],
        ["agent_id", "score"],
        ["subject", "duration_ms"],
        ["sentiment_by_adviser"],
        ["adviser_id", "suggestion_id"],
        ["to_adviser_id", "mood"],
    ],
)
def test_a_planted_field_is_found(properties: list[str]) -> None:
    inner = {"type": "object", "properties": {name: {} for name in properties}}
    for schema in (inner, {"$defs": {"X": inner}}, {"properties": {"x": {"items": inner}}}):
        assert schema_faults("planted", schema)


@pytest.mark.parametrize(
    "line",
    [
        "m.counter('turns_total', 'Turns.', ('adviser_id',))",
        "Histogram('souffleur_handle_time_seconds', 'Time.')",
        "m.gauge('adviser_score', 'Score.')",
        "m.counter('cards_per_agent', 'Cards.')",
        "Counter('x', 'X', labelnames=['role', 'agent'])",
        "log.info('done', extra={'adviser_id': 1})",
        "log.info('done', extra={'nested': {'user': 1}})",
    ],
)
def test_a_planted_metric_or_log_field_is_found(line: str) -> None:
    assert source_faults(line, "planted")
