"""The evaluation of next best action: what counts, on dialogues written for it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.evaluation.next_best_action import Foreseen, evaluate, scored, weighted_f1_of
from services.evaluation.request import EvalRequest
from services.evaluation.rows import Row
from services.evaluation.star_dialogues import read_dialogue
from services.kit.errors import InvalidInput
from services.kit.settings import Settings

EVENTS: list[dict[str, Any]] = [
    {"who": "guide", "act": "instruct", "text": "Ask for a repair."},
    {"who": "user", "act": "utter", "text": "Hi, my bike needs a repair."},
    {"who": "agent", "act": "reply", "action": "ask_name", "text": "Your name, please?"},
    {"who": "user", "act": "utter", "text": "Ana"},
    {"who": "agent", "act": "utter", "text": "One moment."},
    {"who": "agent", "act": "query", "api": "bike", "constraints": [{"Name": '"Ana"'}]},
    {"who": "kb", "act": "result", "item": {"Status": "We are unable to do it.", "Id": 3}},
    {"who": "agent", "act": "reply", "action": "refused", "text": "I am sorry."},
]
REPLIES = {
    "hello": "Hello?",
    "ask_name": "Your name, please?",
    "booked": "Your repair is booked.",
    "refused": "I am sorry, we cannot do it.",
}
CHART = {
    "replies": {**REPLIES, "query": "Query"},
    "graph": {
        "hello": "ask_name",
        "ask_name": "query",
        "query_success": "booked",
        "query_failure": "refused",
    },
}


def row(**changes: Any) -> Row:
    fields = {"dialogue_id": 7, "tasks": ["bike"], "events": EVENTS, **changes}
    return Row(Path("rows.jsonl"), 1, fields)


def request(folder: Path, tasks: list[str], charts: Path | None = None) -> EvalRequest:
    data = folder / "rows.jsonl"
    data.write_text(json.dumps(row(tasks=tasks).fields))
    return EvalRequest((data,), (), (), charts, Settings(data_dir=folder / "data"))


def put_chart(folder: Path) -> None:
    (folder / "bike").mkdir(parents=True)
    (folder / "bike" / "bike.json").write_text(json.dumps(CHART))


def told(done: int, total: int) -> None:
    assert 0 < done <= total


def test_labelled_replies_are_foreseen_from_what_came_before() -> None:
    dialogue = read_dialogue(row())
    assert list(dialogue.decisions()) == [(1, "ask_name"), (5, "refused")]
    search = dialogue.happenings[4]
    assert (search.kind, search.tool, search.found) == ("search", "bike", False)
    assert search.text == "We are unable to do it."
    assert search.given == (("Name", "Ana"),)


def test_instructions_to_the_players_are_not_read() -> None:
    assert "Ask for a repair." not in set(read_dialogue(row()).texts)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tasks": []}, "tasks"),
        ({"tasks": "bike"}, "tasks"),
        ({"events": None}, "events"),
        ({"events": [{"who": "ghost", "act": "utter"}]}, "who"),
        ({"events": [{"who": "user", "act": "utter"}]}, "text"),
        ({"events": [{"who": "agent", "act": "reply", "text": "x"}]}, "action"),
    ],
)
def test_a_wrong_dialogue_is_named_by_its_field(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_dialogue(row(**changes))
    assert f"rows.jsonl:1: {says}" in str(error.value)


def test_scores_count_places_and_silence() -> None:
    found = [
        Foreseen(0, "a", (("a", 0.9), ("b", 0.1))),
        Foreseen(0, "b", (("a", 0.6), ("c", 0.3), ("b", 0.1))),
        Foreseen(1, "x", (("a", 0.4), ("b", 0.3), ("c", 0.2), ("x", 0.1))),
        Foreseen(1, "gone", (("a", 0.4), ("b", 0.3))),
    ]
    scores, extras = scored(found)
    assert scores["acc_at_1"].value == 0.25
    assert scores["acc_at_3"].value == 0.5
    assert extras["dialogues"] == 2
    assert extras["selective"][-1] == {"threshold": 0.9, "answered": 0.25, "right": 1.0}


def test_weighted_f1_is_that_of_the_definition() -> None:
    truth, said = np.array(["a", "a", "b", "c"]), np.array(["a", "b", "b", "a"])
    f1 = weighted_f1_of(truth, said)(np.arange(4))
    assert f1 == pytest.approx((2 * 0.5 + 1 * (2 / 3) + 0) / 4)


async def test_it_is_scored_with_the_charts_beside_it_and_the_same_twice(tmp_path: Path) -> None:
    put_chart(tmp_path / "tasks")
    first = await evaluate(request(tmp_path, ["bike"]), told)
    second = await evaluate(request(tmp_path, ["bike"]), told)
    assert first.n == 2
    assert first.scores == second.scores
    assert set(first.as_json()) >= {"acc_at_1", "acc_at_1_ci95", "acc_at_3", "weighted_f1"}


async def test_without_charts_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="give --flow-charts DIR"):
        await evaluate(request(tmp_path, ["bike"]), told)


async def test_charts_may_lie_elsewhere(tmp_path: Path) -> None:
    put_chart(tmp_path / "charts")
    assert (await evaluate(request(tmp_path, ["bike"], tmp_path / "charts"), told)).n == 2


async def test_a_task_without_a_chart_is_named(tmp_path: Path) -> None:
    put_chart(tmp_path / "tasks")
    with pytest.raises(InvalidInput, match="boat"):
        await evaluate(request(tmp_path, ["boat"]), told)
