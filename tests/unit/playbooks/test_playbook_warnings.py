"""Warnings: what is allowed and unlikely to work as its author means it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.playbooks import Warned, read, warnings_of
from services.playbooks.warnings import near_pairs
from tests.fakes.tenant_books import book, both


def warned(content: dict[str, Any]) -> list[Warned]:
    return warnings_of(read(json.dumps(content, indent=1).encode(), "json"))


def found(content: dict[str, Any], code: str) -> list[tuple[str, str]]:
    return [(w.fault.path, w.fault.detail) for w in warned(content) if w.code == code]


def rule(when: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": "call", "title": both("Appeler"), "reason": both("Il attend")}
    return {**base, "when": when, **more}


def test_too_few_examples_are_counted_per_language() -> None:
    content = book("call_carrier")
    content["intents"][0]["examples"]["fr"] += [f"phrase numéro {n} du client" for n in range(9)]
    places = [path for path, _ in found(content, "few_examples")]
    assert places == [
        "intents.0.examples.en",
        "intents.1.examples.fr",
        "intents.1.examples.en",
        "intents.2.examples.fr",
        "intents.2.examples.en",
    ]


def test_examples_that_two_intents_share_are_told_whatever_the_case_and_accents() -> None:
    content = book("call_carrier")
    late, cancel = (intent["examples"]["fr"] for intent in content["intents"][:2])
    cancel += [late[0].upper().replace("É", "E"), f"euh {late[1]}", late[2] + " et cetera et tout"]
    [(path, detail)] = found(content, "shared_example")
    assert path == "intents.1.examples.fr.4"
    assert "'delivery_late'" in detail
    [(path, _)] = found(content, "near_examples")
    assert path == "intents.1.examples.fr.5"


def test_intents_of_one_name_and_intents_without_action() -> None:
    content = book("call_carrier")
    content["intents"][1]["name"] = both("Delivery_LATE")
    assert [path for path, _ in found(content, "same_name")] == [
        "intents.1.name.fr",
        "intents.1.name.en",
    ]
    assert [path for path, _ in found(content, "no_action")] == ["intents.1.id", "intents.2.id"]


def context(*tests: dict[str, Any]) -> dict[str, Any]:
    return {"intents": ["delivery_late"], "context": list(tests)}


@pytest.mark.parametrize(
    "when",
    [
        context({"field": "a", "op": "missing"}, {"field": "a", "op": "eq", "value": 1}),
        context({"field": "a", "op": "eq", "value": "x"}, {"field": "a", "op": "eq", "value": "y"}),
        context({"field": "a", "op": "eq", "value": 1}, {"field": "a", "op": "ne", "value": 1}),
        context(
            {"field": "a", "op": "in", "value": ["x"]}, {"field": "a", "op": "eq", "value": "y"}
        ),
        context({"field": "a", "op": "gt", "value": 5}, {"field": "a", "op": "lt", "value": 5}),
        context({"field": "a", "op": "gte", "value": 6}, {"field": "a", "op": "lte", "value": 5}),
        {"intents": ["delivery_late"], "done": ["call"]},
        {"intents": ["delivery_late"], "done": ["call_carrier"], "not_done": ["call_carrier"]},
        {},
        {"context": [{"field": "a", "op": "missing"}]},
        {"not_done": ["call_carrier"]},
    ],
)
def test_conditions_that_can_never_hold(when: dict[str, Any]) -> None:
    content = book("call_carrier")
    content["actions"].append(rule(when))
    assert [path for path, _ in found(content, "never_holds")] == ["actions.1.when"]


@pytest.mark.parametrize(
    "when",
    [
        {"intents": ["delivery_late"]},
        {"sentiment": ["negative"]},
        {"done": ["call_carrier"], "intents": ["delivery_late"]},
        context({"field": "a", "op": "gte", "value": 5}, {"field": "a", "op": "lte", "value": 5}),
        context({"field": "a", "op": "gt", "value": 1}, {"field": "b", "op": "lt", "value": 0}),
        context({"field": "a", "op": "exists"}),
    ],
)
def test_conditions_that_can_hold(when: dict[str, Any]) -> None:
    content = book("call_carrier")
    content["actions"].append(rule(when))
    assert found(content, "never_holds") == []


def test_actions_that_wait_for_each_other() -> None:
    content = book("call_carrier")
    wait = {"intents": ["delivery_late"]}
    content["actions"] += [
        rule({**wait, "done": ["two"]}, id="one"),
        rule({**wait, "done": ["three"]}, id="two"),
        rule({**wait, "done": ["two"]}, id="three"),
    ]
    places = [path for path, _ in found(content, "never_holds")]
    assert places == ["actions.1.when", "actions.2.when", "actions.3.when"]


def test_texts_that_cannot_be_shown_as_they_are_written() -> None:
    content = book("call_carrier")
    when = context({"field": "order_id"}, {"field": "vip", "op": "missing"})
    texts = {"fr": "Commande {order_id}, {vip}", "en": "Order {ordre_id}"}
    content["actions"].append(rule(when, body=texts, title=both("T" * 70)))
    assert [path for path, _ in found(content, "unknown_placeholder")] == [
        "actions.1.body.fr",
        "actions.1.body.en",
    ]
    assert len(found(content, "long_title")) == 2


sets = st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=6), max_size=14)


@given(sets, st.sampled_from([0.5, 0.6, 0.75, 0.8, 1.0]))
def test_near_pairs_are_those_of_a_plain_search(
    given_sets: list[frozenset[str]], least: float
) -> None:
    plain = {
        (one, two)
        for two, right in enumerate(given_sets)
        for one, left in enumerate(given_sets[:two])
        if left and right and len(left & right) >= least * len(left | right)
    }
    assert set(near_pairs(given_sets, least)) == plain
