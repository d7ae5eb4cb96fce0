"""Conditions say whether they hold, and on what."""

import pytest

from services.assist.conditions import evaluate, holds
from services.assist.customer.history import Fact, Value
from services.contracts.playbook import Condition, ContextCondition
from tests.fakes import scenes
from tests.fakes.scenes import at, fold, read, said

TODAY = at(0).date()


@pytest.mark.parametrize(
    ("op", "wanted", "value", "expected"),
    [
        ("exists", None, "x", True),
        ("exists", None, "", False),
        ("exists", None, 0, False),
        ("exists", None, "0", False),
        ("exists", None, "false", False),
        ("exists", None, False, False),
        ("missing", None, "non", True),
        ("missing", None, 3, False),
        ("eq", "gold", " Gold ", True),
        ("eq", 3, "3", True),
        ("eq", "3", 3, True),
        ("eq", True, "oui", True),
        ("eq", True, 1, True),
        ("eq", False, "oui", False),
        ("eq", True, "gold", False),
        ("ne", "gold", "silver", True),
        ("ne", "gold", "gold", False),
        ("in", ("late", "lost"), "LOST", True),
        ("in", (1, 2), "2", True),
        ("in", ("late",), "on time", False),
        ("gte", 3, 3, True),
        ("gt", 3, "4", True),
        ("gt", 3, 3, False),
        ("lte", 10, "49,90 €", False),
        ("gt", 10, "1 049,90 €", True),
        ("lt", 5, "many", False),
        ("gt", 5, "many", False),
        ("lt", "2026-11-20", "2026-11-19", True),
    ],
)
def test_operators(op: str, wanted: object, value: Value, expected: bool) -> None:
    test = ContextCondition.model_validate({"field": "some_field", "op": op, "value": wanted})
    assert holds(test, Fact(value, "CRM", at(0))) is expected


@pytest.mark.parametrize("op", ["exists", "eq", "ne", "gt", "gte", "lt", "lte", "in"])
def test_a_missing_field_is_never_true(op: str) -> None:
    wanted = None if op == "exists" else (1,) if op == "in" else 1
    test = ContextCondition.model_validate({"field": "some_field", "op": op, "value": wanted})
    assert not holds(test, None)
    assert holds(ContextCondition(field="some_field", op="missing"), None)


def test_what_held_becomes_evidence() -> None:
    context = fold(
        scenes.customer({"days_late": 6, "promised_on": "2026-11-01"}),
        said("t1", "customer", "Mon colis est en retard, c'est pénible"),
        read("t1", intent=("late", 0.8), mood=("negative", -0.7)),
    )
    condition = Condition.model_validate(
        {
            "intents": ["late"],
            "sentiment": ["negative"],
            "context": [
                {"field": "days_late", "op": "gte", "value": 5},
                {"field": "promised_on"},
                {"field": "refunded", "op": "missing"},
            ],
        }
    )
    held = evaluate(condition, context, TODAY)
    assert held is not None
    assert held.probability == pytest.approx(0.8 * 0.9)
    assert held.specifics == 4
    # One quote, although intent and mood both rest on it.
    assert [item.source for item in held.evidence] == ["turn", "context", "context"]
    words, late, promised = held.evidence
    assert words.source == "turn"
    assert words.quote == "Mon colis est en retard, c'est pénible"
    assert late.source == "context"
    assert (late.field, late.value, late.origin) == ("days_late", "6", "CRM")
    assert promised.source == "context"
    assert promised.value == "1er\u00a0novembre"


def test_every_part_must_hold() -> None:
    context = fold(
        scenes.customer({"days_late": 6}),
        said("t1", "customer", "Mon colis est en retard"),
        read("t1", intent=("late", 0.8), mood=("neutral", 0.0)),
        said("t2", "adviser", "Je lance une recherche"),
        read("t2", action=("trace", 0.9)),
    )
    parts: dict[str, object] = {
        "intents": ["late", "refund"],
        "sentiment": ["neutral"],
        "context": [{"field": "days_late"}],
        "done": ["trace"],
        "not_done": ["refund_it"],
    }
    assert evaluate(Condition.model_validate(parts), context, TODAY)
    broken: dict[str, object] = {
        "intents": ["refund"],
        "sentiment": ["negative"],
        "trend": "falling",
        "context": [{"field": "days_late"}, {"field": "unknown"}],
        "done": ["trace", "refund_it"],
        "not_done": ["trace"],
    }
    for name, value in broken.items():
        assert not evaluate(Condition.model_validate({**parts, name: value}), context, TODAY), name


def test_a_trend_quotes_the_turns_that_make_it() -> None:
    context = fold(
        *(
            event
            for number, score in enumerate((0.1, -0.6, -0.8))
            for event in (
                said(f"t{number}", "customer", f"Phrase {number}"),
                read(f"t{number}", mood=("negative", score)),
            )
        )
    )
    held = evaluate(Condition(trend="falling"), context, TODAY)
    assert held is not None
    assert [item.quote for item in held.evidence if item.source == "turn"] == [
        "Phrase 1",
        "Phrase 2",
    ]
