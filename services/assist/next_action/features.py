"""What the policy looks at: numbers for each candidate step, from the flow and what happened."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assist.next_action.history import Event, LookedUp
from services.assist.next_action.table import KINDS, Floats, Table

HEARD = 0.75
"""Likeness from which an adviser's own words count as a step of the flow."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|[_\s]+")

ROW = (
    *("done", "times_done", "since_done", "just_done", "done_before_that", "sounded_done"),
    *("follows_last", "follows_last_near", "follows_before", "from_last", "from_furthest"),
    *("undone_before", "first_undone", "first_undone_after_last", "is_ahead"),
    *("found_fits", "failed_fits", "result_fits", "asked_again", "stage_fits", "stage_misfits"),
    *("field_given", "field_found", "tool_is_flow", "last_in_flow", "share_in_flow"),
    *("customer_like", "customer_like_rel", "before_like", "adviser_like", "result_like"),
    *("result_like_rel", "flow_like", "flow_like_rel", "earlier_like", "answered_like"),
    *("yes_fits", "no_fits", "done_fits", "goes_round", "run_of_it", "refused_fits"),
)
SCENE = (
    *("adviser_turns", "customer_turns", "just_looked", "found", "not_found", "searches_now"),
    *("searches", "nothing_said", "own_words_last", "last_known", "spoke_twice", "flows"),
    *("books", "checks", "ever_found", "two_since", "said_yes", "said_no", "said_done"),
    *("at_dead_end",),
)
NAMES = (*KINDS, *ROW, *SCENE)
"""Each number's name, in order."""


@dataclass(frozen=True)
class Scene:
    """What happened, sorted for a decision. Vectors are centred and normalised."""

    acts: tuple[str | None, ...]
    spoken: tuple[Floats, ...]
    customer: tuple[Floats, ...]
    fresh: int
    searches: tuple[LookedUp, ...]
    now: tuple[LookedUp, ...]

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Scene":
        """Sort ``events``, oldest first."""
        acts: list[str | None] = []
        spoken: list[Floats] = []
        customer: list[Floats] = []
        searches: list[LookedUp] = []
        now: list[LookedUp] = []
        fresh = 0
        for event in events:
            if isinstance(event, LookedUp):
                searches.append(event)
                now.append(event)
            elif event.role == "customer":
                customer.append(event.vector)
                fresh += 1
            else:
                acts.append(event.action)
                spoken.append(event.vector)
                fresh, now = 0, []
        return cls(tuple(acts), tuple(spoken), tuple(customer), fresh, tuple(searches), tuple(now))


Cells = dict[str, Floats]
"""A writable column (rows,) for each name, zero at first."""


def features(table: Table, scene: Scene) -> Floats:
    """Return (rows, len(NAMES)) for the decision after ``scene``."""
    numbers = np.zeros((len(table.ids), len(NAMES)), dtype=np.float32)
    numbers[:, : len(KINDS)] = table.kinds
    numbers[:, len(KINDS) + len(ROW) :] = _scene(table, scene)
    cells = {name: numbers[:, column] for column, name in enumerate(NAMES)}
    known = _done(table, scene, cells)
    for number in range(len(table.flows)):
        _path(table, number, known, cells)
    _results(scene, cells)
    _fields(table, scene, cells)
    _flow_at_hand(table, scene, cells)
    _likeness(table, scene, cells)
    _rounds(table, scene, known, cells)
    return numbers


def _done(table: Table, scene: Scene, cells: Cells) -> list[NDArray[np.int64]]:
    """Tell what is done and what follows it; return the rows of each turn that did something."""
    done = _rows_done(table, scene)
    times = np.zeros(len(table.ids), dtype=np.float32)
    since = np.full(len(table.ids), 20.0, dtype=np.float32)
    for age, at in enumerate(reversed(done)):
        times[at] += 1
        since[at] = np.minimum(since[at], age)
    cells["done"][:] = times > 0
    cells["times_done"][:] = np.minimum(times, 4) / 4
    cells["since_done"][:] = 1 / (1 + since)
    cells["just_done"][:] = since == 0
    cells["done_before_that"][:] = since == 1
    own = [v for act, v in zip(scene.acts, scene.spoken, strict=True) if act is None][-6:]
    if own:
        cells["sounded_done"][:] = np.max([table.vectors @ vector for vector in own], axis=0)
    known = [at for at in done if len(at)]
    if known:
        near = table.follows[known[-1]].max(axis=0)
        cells["follows_last"][:] = near == 1
        cells["follows_last_near"][:] = near
    if len(known) > 1:
        cells["follows_before"][:] = table.follows[known[-2]].max(axis=0)
    return known


def _rows_done(table: Table, scene: Scene) -> list[NDArray[np.int64]]:
    """Return the rows that each of the adviser's turns did, unlabelled ones by their sound."""
    none = np.empty(0, dtype=np.int64)
    done = []
    for act, vector in zip(scene.acts, scene.spoken, strict=True):
        if act is not None:
            done.append(table.rows_of.get(act, none))
            continue
        like = table.vectors @ vector
        best = int(like.argmax())
        done.append(table.rows_of[table.ids[best]] if like[best] >= HEARD else none)
    return done


def _path(table: Table, number: int, known: list[NDArray[np.int64]], cells: Cells) -> None:
    """Tell how far along one flow its steps are from those done."""
    here, place, main = table.flow == number, table.place, table.main[number]
    places = [table.place[at[table.flow[at] == number]] for at in known]
    reached = [int(found[0]) for found in places if len(found) and found[0] >= 0]
    if reached:
        placed = here & (place >= 0)
        cells["from_last"][placed] = np.clip(place[placed] - reached[-1], -6, 6) / 6
        cells["from_furthest"][placed] = np.clip(place[placed] - max(reached), -6, 6) / 6
        cells["is_ahead"][here] = place[here] > max(reached)
    if not len(main):
        return
    waiting = cells["done"][main] == 0
    cells["undone_before"][main] = np.concatenate([[0], np.cumsum(waiting)[:-1]]) / 5
    undone = main[waiting]
    if len(undone):
        cells["first_undone"][undone[0]] = 1
        ahead = undone[place[undone] > (reached[-1] if reached else -1)]
        if len(ahead):
            cells["first_undone_after_last"][ahead[0]] = 1


def _results(scene: Scene, cells: Cells) -> None:
    """Tell which steps the result of a search calls for."""
    if scene.now:
        good = cells["follows_success"]
        bad = np.maximum(cells["follows_failure"], cells["finds_nothing"])
        cells["found_fits"][:] = good * scene.now[-1].found
        cells["failed_fits"][:] = bad * (not scene.now[-1].found)
        cells["result_fits"][:] = np.maximum.reduce([cells["follows_search"], good, bad])
    if not scene.searches:
        return
    cells["asked_again"][:] = cells["on_main_path"]
    request = _request(scene)
    fits, misfits = cells["stage_fits"], cells["stage_misfits"]
    if "book" in request:
        fits[:], misfits[:] = cells["follows_booking"], cells["follows_check"]
    elif "check" in request:
        fits[:], misfits[:] = cells["follows_check"], cells["follows_booking"]


def _request(scene: Scene) -> str:
    """Return what the last search was for: to check something, or to book it."""
    return scene.searches[-1].given.get("RequestType", "").lower() if scene.searches else ""


def _fields(table: Table, scene: Scene, cells: Cells) -> None:
    """Tell which steps ask for what the last search was given, or name what it found."""
    if scene.searches:
        given = [_parts(name) for name in scene.searches[-1].given]
        found = [_parts(name) for name in scene.searches[-1].fields]
        cells["field_given"][:] = [_meets(words, given) for words in table.words]
        cells["field_found"][:] = [_meets(words, found) for words in table.words]


def _parts(name: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _CAMEL.split(name) if len(part) > 3)


def _meets(words: frozenset[str], fields: Sequence[frozenset[str]]) -> float:
    return max((len(words & field) / len(field) for field in fields if field), default=0.0)


def _flow_at_hand(table: Table, scene: Scene, cells: Cells) -> None:
    """Tell which of several flows the adviser is in, by the tool used and the steps done."""
    if scene.searches:
        for number, flow in enumerate(table.flows):
            if scene.searches[-1].tool == flow.name:
                cells["tool_is_flow"][table.flow == number] = 1
    rows = [table.rows_of.get(act) for act in scene.acts if act is not None]
    only = [int(table.flow[at[0]]) for at in rows if at is not None and len(at) == 1]
    if only:
        cells["last_in_flow"][:] = table.flow == only[-1]
        for number in set(only[-4:]):
            cells["share_in_flow"][table.flow == number] = only[-4:].count(number) / 4


def _rounds(table: Table, scene: Scene, known: list[NDArray[np.int64]], cells: Cells) -> None:
    """Tell which steps the customer's yes, no or "done" calls for, again and again in a loop."""
    last = known[-1] if known else np.empty(0, dtype=np.int64)
    run = 0
    for at in reversed(known):
        if not len(at) or not np.array_equal(at, last):
            break
        run += 1
    cells["run_of_it"][last] = min(run, 4) / 4
    cells["goes_round"][:] = (cells["follows_last"] == 1) * cells["done"]
    cells["at_dead_end"][:] = bool(len(last)) and bool(cells["dead_end"][last].any())
    if not scene.customer:
        return
    yes, no, done = (cells[name] for name in ("said_yes", "said_no", "said_done"))
    cells["yes_fits"][:] = cells["follows_yes"] * yes
    cells["no_fits"][:] = cells["follows_no"] * no
    cells["done_fits"][:] = np.maximum(cells["follows_done"], cells["closing"]) * done
    cells["refused_fits"][:] = cells["just_done"] * (no - yes)


def _said(table: Table, scene: Scene) -> Floats:
    """Return (3,), how far the customer's last words are a yes, a no, a farewell: shares."""
    like = table.answers @ scene.customer[-1] * 8
    shares = np.exp(like - like.max())
    return np.asarray(shares / shares.sum(), dtype=np.float32)


def _likeness(table: Table, scene: Scene, cells: Cells) -> None:
    """Tell how alike the steps are to what was said, and their flows to what it is about."""
    vectors = table.vectors
    if scene.customer:
        like = vectors @ scene.customer[-1]
        cells["customer_like"][:], cells["customer_like_rel"][:] = like, like - like.max()
        recent = [vectors @ said for said in scene.customer[-6:]]
        cells["answered_like"][:] = np.max(recent, axis=0)
    if len(scene.customer) > 1:
        cells["before_like"][:] = vectors @ scene.customer[-2]
    if scene.spoken:
        cells["adviser_like"][:] = vectors @ scene.spoken[-1]
    message = scene.now[-1].message if scene.now else None
    if message is not None:
        like = vectors @ message
        cells["result_like"][:], cells["result_like_rel"][:] = like, like - like.max()
    if table.flows and scene.customer:
        of_flow = np.array(scene.customer[-3:]) @ table.flow_vectors.T
        has_flow, like = table.flow >= 0, of_flow[-1]
        cells["flow_like"][:] = np.where(has_flow, like[table.flow], 0)
        cells["flow_like_rel"][:] = np.where(has_flow, (like - like.max())[table.flow], 0)
        cells["earlier_like"][:] = np.where(has_flow, of_flow.max(axis=0)[table.flow], 0)


def _scene(table: Table, scene: Scene) -> list[float]:
    latest = scene.now[-1] if scene.now else None
    request = _request(scene)
    return [
        min(len(scene.acts), 16) / 8,
        min(len(scene.customer), 16) / 8,
        latest is not None,
        latest is not None and latest.found,
        latest is not None and not latest.found,
        min(len(scene.now), 4) / 4,
        min(len(scene.searches), 6) / 6,
        not scene.acts,
        bool(scene.acts) and scene.acts[-1] is None,
        bool(scene.acts) and scene.acts[-1] is not None,
        scene.fresh > 1,
        (len(table.flows) - 1) / 3,
        "book" in request,
        "check" in request,
        bool(scene.searches) and scene.searches[-1].found,
        scene.fresh == 0,
        *(_said(table, scene) if scene.customer else (0, 0, 0)),
        False,
    ]
