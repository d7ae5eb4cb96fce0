"""Flows: their order, what follows what through searches, and files that are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from services.assist.next_action.features import NAMES, Scene, features
from services.assist.next_action.flow import Flow, Step, read_flow, read_flows, spoken
from services.assist.next_action.history import Event, LookedUp, Said
from services.assist.next_action.table import Table, lay_out
from services.kit.errors import InvalidInput

REPLIES = {
    "hello": "Hello, how can I help?",
    "ask_bike": "Which bike is it?",
    "ask_day": "On which day, {first_name:s}?",
    "repair_booked": "Your repair is booked.",
    "repair_full": "We have no room that day.",
    "anything_else": "Anything else?",
    "query": "Query",
    "query_success": "Succeeded",
    "query_failure": "Failed",
}
GRAPH = {
    "hello": "ask_bike",
    "ask_bike": "ask_day",
    "ask_day": "query",
    "query_success": "repair_booked",
    "query_failure": "repair_full",
    "repair_booked": "anything_else",
}


def chart(folder: Path, name: str = "bike_repair") -> Path:
    path = folder / name / f"{name}.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"task": name, "replies": REPLIES, "graph": GRAPH}))
    return path


def one_hot(text: str) -> np.ndarray:
    """Each text a direction of its own: only the same words are alike."""
    vector = np.zeros(64, dtype=np.float32)
    vector[sum(text.encode()) % 64] = 1
    return vector


def said(action: str) -> Said:
    return Said("adviser", one_hot(REPLIES[action]), action=action)


CUSTOMER = Said("customer", one_hot("the chain is broken"))


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return lay_out([read_flow(chart(tmp_path))], [Step("bye", "Bye.")], one_hot)


def column(table: Table, events: list[Event], name: str) -> dict[str, float]:
    values = features(table, Scene.of(events))[:, NAMES.index(name)]
    return dict(zip(table.ids, values.tolist(), strict=True))


def test_a_chart_is_read_without_its_silent_nodes(tmp_path: Path) -> None:
    flow = read_flows(chart(tmp_path).parent.parent)["bike_repair"]
    assert [step.id for step in flow.steps] == list(REPLIES)[:6]
    assert flow.main_path == ("hello", "ask_bike", "ask_day")
    assert flow.steps[2].text == "On which day, first name?"


def test_answers_beside_the_chart_are_steps_too(tmp_path: Path) -> None:
    path = chart(tmp_path)
    path.with_name("responses.json").write_text(json.dumps({"goodbye": "Bye, {name}."}))
    assert read_flow(path).steps[-1] == Step("goodbye", "Bye, name.")


@pytest.mark.parametrize("content", ["{", "[]", '{"replies": {}}', '{"replies": 1, "graph": {}}'])
def test_a_file_that_is_no_chart_is_named(tmp_path: Path, content: str) -> None:
    path = chart(tmp_path)
    path.write_text(content)
    with pytest.raises(InvalidInput, match="bike_repair"):
        read_flow(path)


def test_a_folder_without_charts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no flow-charts"):
        read_flows(tmp_path)


def test_placeholders_are_read_as_words() -> None:
    assert spoken("Room {room_number:d} at {time:s}!") == "Room room number at time!"


def test_a_circle_in_a_graph_ends() -> None:
    flow = Flow("round", (Step("a", "A"), Step("b", "B")), {"a": "b", "b": "a"})
    table = lay_out([flow], (), one_hot)
    assert table.follows[0, 1] == 1


def test_what_follows_reaches_through_a_search(table: Table) -> None:
    row = table.ids.index("ask_day")
    after = {table.ids[at]: float(near) for at, near in enumerate(table.follows[row]) if near}
    assert after == {"repair_booked": 1.0, "repair_full": 1.0, "anything_else": 0.5}


def test_the_next_step_is_the_first_that_is_not_done(table: Table) -> None:
    events: list[Event] = [CUSTOMER, said("hello"), CUSTOMER, said("ask_bike"), CUSTOMER]
    assert column(table, events, "first_undone_after_last")["ask_day"] == 1
    assert column(table, events, "done") == {id_: id_ in {"hello", "ask_bike"} for id_ in table.ids}
    assert column(table, events, "follows_last")["ask_day"] == 1


@pytest.mark.parametrize(("found", "wanted"), [(True, "repair_booked"), (False, "repair_full")])
def test_a_search_points_to_what_its_result_asks_for(
    table: Table, found: bool, wanted: str
) -> None:
    events: list[Event] = [CUSTOMER, said("ask_day"), CUSTOMER, LookedUp("bike_repair", found)]
    fits = column(table, events, "found_fits"), column(table, events, "failed_fits")
    assert [id_ for each in fits for id_, value in each.items() if value] == [wanted]


def test_a_search_of_before_the_last_reply_is_no_news(table: Table) -> None:
    events: list[Event] = [LookedUp("bike_repair", True), said("repair_booked"), CUSTOMER]
    assert not any(column(table, events, "found_fits").values())


def test_own_words_that_sound_like_a_step_count_as_it(table: Table) -> None:
    own = Said("adviser", one_hot(REPLIES["ask_bike"]))
    assert column(table, [CUSTOMER, own], "done")["ask_bike"] == 1


def test_a_given_field_meets_the_step_that_asks_for_it(table: Table) -> None:
    search = LookedUp("bike_repair", True, {"BikeModel": "tandem"})
    given = column(table, [search], "field_given")
    assert given["ask_bike"] > given["ask_day"]


def test_two_flows_keep_apart_who_said_what(tmp_path: Path) -> None:
    flow = read_flow(chart(tmp_path))
    other = Flow("wash", (Step("ask_soap", "Which soap?"), Step("hello", "Hello")), {})
    table = lay_out([flow, other], (), one_hot)
    events: list[Event] = [said("ask_bike"), CUSTOMER]
    values = features(table, Scene.of(events))[:, NAMES.index("last_in_flow")]
    assert set(values[table.flow == 0]) == {1}
    assert set(values[table.flow == 1]) == {0}


LOOP = Flow(
    "guide",
    (
        *(Step("start", "Where from?"), Step("turn", "Turn left."), Step("detail", "At the mill.")),
        *(Step("arrived", "You are there."), Step("anything_else", "Anything else?")),
    ),
    {"start": "query", "query": "turn", "yes": "turn", "no": "detail", "done": "arrived"}
    | {"arrived": "anything_else"},
)
"""A step is done again for each yes: the chart says so by its answers alone."""


def test_an_answer_leads_on_from_where_the_chart_ends() -> None:
    table = lay_out([LOOP], (), one_hot)
    row = table.ids.index("turn")
    after = {table.ids[at] for at, near in enumerate(table.follows[row]) if near == 1}
    assert after == {"turn", "detail", "arrived"}
    assert table.follows[table.ids.index("start"), row] == 1


def test_a_loop_counts_its_rounds_and_hears_the_answer() -> None:
    table = lay_out([LOOP], (), one_hot)
    turn = Said("adviser", one_hot("Turn left."), action="turn")
    yes, no = (Said("customer", table.answers[place]) for place in (0, 1))
    events: list[Event] = [turn, yes, turn, yes]
    assert column(table, events, "run_of_it") == {id_: 0.5 * (id_ == "turn") for id_ in table.ids}
    assert column(table, events, "goes_round")["turn"] == 1
    assert column(table, events, "at_dead_end")["turn"] == 1
    went_on, stuck = (column(table, [turn, said], "yes_fits") for said in (yes, no))
    assert went_on["turn"] > stuck["turn"] > went_on["detail"] == 0
    assert column(table, [turn, no], "no_fits")["detail"] > 0.5


def test_nothing_said_yet_gives_finite_numbers(table: Table) -> None:
    assert np.isfinite(features(table, Scene.of([]))).all()
