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
)
SCENE = (
    *("adviser_turns", "customer_turns", "just_looked", "found", "not_found", "searches_now"),
    *("searches", "nothing_said", "own_words_last", "last_known", "spoke_twice", "flows"),
    *("books", "checks", "ever_found", "two_since"),
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


def features(table: Table, scene: Scene) -> Floats:
    """Return (rows, len(NAMES)) for the decision after ``scene``."""
    rows = len(table.ids)
    columns = np.empty((rows, len(NAMES)), dtype=np.float32)
    columns[:, : len(KINDS)] = table.kinds
    _steps(table, scene, columns[:, len(KINDS) :])
    _results(table, scene, columns[:, len(KINDS) + 15 :])
    _likeness(table, scene, columns[:, len(KINDS) + 26 :])
    columns[:, len(KINDS) + len(ROW) :] = _scene(table, scene)
    return columns


def _done(table: Table, scene: Scene) -> list[NDArray[np.int64]]:
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


def _steps(table: Table, scene: Scene, out: Floats) -> None:
    rows = len(table.ids)
    done = _done(table, scene)
    times = np.zeros(rows, dtype=np.float32)
    since = np.full(rows, 20.0, dtype=np.float32)
    for age, at in enumerate(reversed(done)):
        times[at] += 1
        since[at] = np.minimum(since[at], age)
    out[:, 0] = times > 0
    out[:, 1] = np.minimum(times, 4) / 4
    out[:, 2] = 1 / (1 + since)
    out[:, 3] = since == 0
    out[:, 4] = since == 1
    own = [v for act, v in zip(scene.acts, scene.spoken, strict=True) if act is None][-6:]
    out[:, 5] = np.max([table.vectors @ v for v in own], axis=0) if own else 0
    known = [at for at in done if len(at)]
    zero = np.zeros(rows, dtype=np.float32)
    last = table.follows[known[-1]].max(axis=0) if known else zero
    out[:, 6] = last == 1
    out[:, 7] = last
    out[:, 8] = table.follows[known[-2]].max(axis=0) if len(known) > 1 else 0
    for column in (9, 10, 11, 12, 13, 14):
        out[:, column] = 0
    was_done = times > 0
    for number, main in enumerate(table.main):
        here = table.flow == number
        last_places = [table.place[at[table.flow[at] == number]] for at in known]
        flat = [int(p[0]) for p in last_places if len(p) and p[0] >= 0]
        place = table.place
        if flat:
            placed = here & (place >= 0)
            out[placed, 9] = np.clip(place[placed] - flat[-1], -6, 6) / 6
            out[placed, 10] = np.clip(place[placed] - max(flat), -6, 6) / 6
            out[:, 14] = np.where(here, place > max(flat), out[:, 14])
        if not len(main):
            continue
        undone = main[~was_done[main]]
        out[main, 11] = np.concatenate([[0], np.cumsum(~was_done[main])[:-1]]) / 5
        if len(undone):
            out[undone[0], 12] = 1
            ahead = undone[table.place[undone] > (flat[-1] if flat else -1)]
            if len(ahead):
                out[ahead[0], 13] = 1


def _results(table: Table, scene: Scene, out: Floats) -> None:
    kind = {name: table.kinds[:, column] for column, name in enumerate(KINDS)}
    out[:, :11] = 0
    latest = scene.now[-1] if scene.now else None
    if latest is not None:
        good = kind["follows_success"]
        bad = np.maximum(kind["follows_failure"], kind["finds_nothing"])
        out[:, 0] = good * latest.found
        out[:, 1] = bad * (not latest.found)
        out[:, 2] = np.maximum.reduce([kind["follows_search"], good, bad])
    last = scene.searches[-1] if scene.searches else None
    if last is not None:
        out[:, 3] = kind["on_main_path"]
        request = " ".join(last.given.get("RequestType", "").lower().split())
        if "book" in request:
            out[:, 4], out[:, 5] = kind["follows_booking"], kind["follows_check"]
        elif "check" in request:
            out[:, 4], out[:, 5] = kind["follows_check"], kind["follows_booking"]
        given = [_parts(name) for name in last.given]
        found = [_parts(name) for name in last.fields]
        out[:, 6] = [_meets(words, given) for words in table.words]
        out[:, 7] = [_meets(words, found) for words in table.words]
    for number, flow in enumerate(table.flows):
        here = table.flow == number
        if last is not None and last.tool == flow.name:
            out[here, 8] = 1
    single = [
        int(table.flow[rows[0]])
        for rows in (table.rows_of.get(act) for act in scene.acts if act is not None)
        if rows is not None and len(rows) == 1
    ]
    if single:
        out[:, 9] = table.flow == single[-1]
        for number in set(single[-4:]):
            out[table.flow == number, 10] = single[-4:].count(number) / 4


def _parts(name: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _CAMEL.split(name) if len(part) > 3)


def _meets(words: frozenset[str], fields: Sequence[frozenset[str]]) -> float:
    return max((len(words & field) / len(field) for field in fields if field), default=0.0)


def _likeness(table: Table, scene: Scene, out: Floats) -> None:
    vectors = table.vectors
    out[:, :9] = 0
    if scene.customer:
        like = vectors @ scene.customer[-1]
        out[:, 0], out[:, 1] = like, like - like.max()
    if len(scene.customer) > 1:
        out[:, 2] = vectors @ scene.customer[-2]
    if scene.spoken:
        out[:, 3] = vectors @ scene.spoken[-1]
    message = scene.now[-1].message if scene.now else None
    if message is not None:
        like = vectors @ message
        out[:, 4], out[:, 5] = like, like - like.max()
    if table.flows and scene.customer:
        recent = np.array(scene.customer[-3:]) @ table.flow_vectors.T
        like = recent[-1]
        has_flow = table.flow >= 0
        out[:, 6] = np.where(has_flow, like[table.flow], 0)
        out[:, 7] = np.where(has_flow, (like - like.max())[table.flow], 0)
        out[:, 8] = np.where(has_flow, recent.max(axis=0)[table.flow], 0)
    if scene.customer:
        out[:, 9] = np.max([vectors @ said for said in scene.customer[-6:]], axis=0)
    else:
        out[:, 9] = 0


def _scene(table: Table, scene: Scene) -> list[float]:
    latest = scene.now[-1] if scene.now else None
    last = scene.searches[-1] if scene.searches else None
    request = last.given.get("RequestType", "").lower() if last else ""
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
        last is not None and last.found,
        scene.fresh == 0,
    ]
