"""The trained network of the next-action policy, in numpy: candidates in, a score for each out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.next_action.features import NAMES, SCENE, Scene, features
from services.assist.next_action.flow import Step
from services.assist.next_action.space import DIRECTIONS, Space
from services.assist.next_action.table import Floats, Table

BEFORE = 6
"""Texts read whole: the customer's last three, the adviser's last two, a search's answer."""

HISTORY = 8
"""Adviser turns whose action is read, newest first."""

NO_TURN, OWN_WORDS = 0, 1
"""Places of the history's table that stand for no action; known actions follow, then unknown."""

_AFFINITY_SCALE = 8.0
_CONTENT_SCALE = 12.0


def before(scene: Scene, space: Space) -> Floats:
    """Return (BEFORE * DIRECTIONS,), the coordinates of the texts before a decision."""
    found = np.zeros((BEFORE, DIRECTIONS), dtype=np.float32)
    customer, spoken = scene.customer[-3:][::-1], scene.spoken[-2:][::-1]
    texts = [*enumerate(customer), *enumerate(spoken, start=3)]
    message = scene.now[-1].message if scene.now else None
    if message is not None:
        texts.append((5, message))
    if texts:
        found[[place for place, _ in texts]] = space.coordinates(
            np.array([vector for _, vector in texts])
        )
    return found.ravel()


def history(scene: Scene, places: Mapping[str, int], unknown: int) -> NDArray[np.int64]:
    """Return (HISTORY,), what the adviser's last turns did, newest first."""
    found = np.full(HISTORY, NO_TURN, dtype=np.int64)
    for place, act in enumerate(scene.acts[-HISTORY:][::-1]):
        found[place] = OWN_WORDS if act is None else places.get(act, unknown)
    return found


@dataclass(frozen=True)
class Recalled:
    """What training knew of a table's candidates.

    Attributes:
        ids: (rows,) place of each name, -1 when it says nothing here.
        flows: (rows,) place of each row's flow, the last one when it is new.
        tasks: (flows,) the same for each flow.
        coordinates: (rows, DIRECTIONS) of the candidates' texts.
    """

    ids: NDArray[np.int64]
    flows: NDArray[np.int64]
    tasks: NDArray[np.int64]
    coordinates: Floats


@dataclass(frozen=True)
class Member:
    """One trained network of the ensemble; ``weights`` by the names of ``NextActionNet``."""

    weights: Mapping[str, Floats]

    def scores(
        self,
        numbers: Floats,
        read: Floats,
        acts: NDArray[np.int64],
        recalled: Recalled,
    ) -> Floats:
        """Return (rows,) scores.

        Args:
            numbers: (rows, F) standardised features.
            read: the texts before, as ``before`` gives them.
            acts: what the adviser did, as ``history`` gives it.
            recalled: what training knew of the candidates.
        """
        w = self.weights
        done = w["acts.weight"][acts].ravel() @ w["acts_out.weight"].T + w["acts_out.bias"]
        scene = numbers[0, -len(SCENE) :]
        inputs = np.concatenate([read, done, w["tasks.weight"][recalled.tasks].sum(axis=0), scene])
        hidden = _gelu(w["trunk1.weight"] @ inputs + w["trunk1.bias"])
        hidden = _gelu(w["trunk2.weight"] @ hidden + w["trunk2.bias"])
        wish = w["wish.weight"] @ read + w["wish.bias"]
        steps = recalled.coordinates @ w["step.weight"].T + w["step.bias"]
        content = recalled.coordinates @ w["content.weight"].T + w["content.bias"]
        both = np.stack([steps @ wish / _AFFINITY_SCALE, content @ hidden / _CONTENT_SCALE], axis=1)
        layer = _gelu(
            np.concatenate([numbers, both], axis=1) @ w["rule1.weight"].T + w["rule1.bias"]
        )
        layer = _gelu(layer @ w["rule2.weight"].T + w["rule2.bias"])
        general = layer @ w["rule3.weight"][0] + w["rule3.bias"][0]
        ids = recalled.ids
        what = w["recall.weight"][ids] + w["flow_recall.weight"][recalled.flows]
        by_name = what @ hidden + w["prior.weight"][ids, 0]
        return np.asarray(general + np.where(ids >= 0, by_name, 0.0), dtype=np.float32)


def _gelu(x: Floats) -> Floats:
    """The tanh form of GELU (Hendrycks and Gimpel 2016), as in training."""
    return np.asarray(0.5 * x * (1 + np.tanh(0.7978846 * (x + 0.044715 * x * x * x))))


@dataclass(frozen=True)
class Scorer:
    """The ensemble and what its inputs are measured with.

    Attributes:
        names: every action of the training data. tasks: every flow.
        taught: (names,) whether training saw the action chosen. shared: (names,) whether it means
            the same in any flow. known_tasks: (tasks + 1,) whether training saw the flow.
        common: actions of theirs that stand in no flow-chart.
        centre, scale: (F,) of the features. temperature: of the mean score, for probabilities.
    """

    members: tuple[Member, ...]
    space: Space
    names: tuple[str, ...]
    tasks: tuple[str, ...]
    taught: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    known_tasks: NDArray[np.bool_]
    common: tuple[Step, ...]
    centre: Floats
    scale: Floats
    temperature: float

    @cached_property
    def _id(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names) if self.taught[place]}

    @cached_property
    def _act(self) -> dict[str, int]:
        return {name: place + 2 for name, place in self._id.items()}

    @cached_property
    def _task(self) -> dict[str, int]:
        known = enumerate(self.tasks)
        return {name: place for place, name in known if self.known_tasks[place]}

    def recalled(self, table: Table) -> Recalled:
        """Return what training knew of the candidates, by their names alone."""
        unknown = len(self.tasks)
        flows = np.array([self._task.get(flow.name, unknown) for flow in table.flows])
        # One more place: a row of no flow counts like one of an unknown flow.
        of_row = np.array([*flows, unknown], dtype=np.int64)[table.flow]
        ids = np.array([self._id.get(id_, -1) for id_ in table.ids], dtype=np.int64)
        # A name of a known flow may mean something else in a new one.
        ids[(of_row == unknown) & ~self.shared[ids]] = -1
        return Recalled(ids, of_row, flows.astype(np.int64), self.space.coordinates(table.vectors))

    def scores(self, table: Table, scene: Scene, recalled: Recalled | None = None) -> Floats:
        """Return (rows,), the mean score of the members for each candidate.

        ``recalled`` is that of ``table``, for those who decide on the same flows again.
        """
        recalled = recalled or self.recalled(table)
        numbers = (features(table, scene) - self.centre) / self.scale
        read = before(scene, self.space)
        acts = history(scene, self._act, len(self.names) + 2)
        scores = [member.scores(numbers, read, acts, recalled) for member in self.members]
        return np.asarray(np.mean(scores, axis=0))

    def probabilities(
        self, table: Table, scene: Scene, recalled: Recalled | None = None
    ) -> dict[str, float]:
        """Return the probability of each action, the best first; rows of one name add up."""
        if not table.ids:
            return {}
        scores = self.scores(table, scene, recalled) / self.temperature
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        found: dict[str, float] = {}
        for id_, share in zip(table.ids, shares.tolist(), strict=True):
            found[id_] = found.get(id_, 0.0) + share
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    @classmethod
    def read(cls, path: Path) -> "Scorer":
        """Read what ``models.train.next_action`` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            if tuple(stored["features"].tolist()) != NAMES:
                msg = f"{path.name} was trained on other features: train it again"
                raise ValueError(msg)
            floats = {
                name: stored[name].astype(np.float32)
                for name in stored.files
                if stored[name].dtype.kind == "f"
            }
            members = [
                Member(
                    {
                        name.removeprefix(f"{number}."): array
                        for name, array in floats.items()
                        if name.startswith(f"{number}.")
                    }
                )
                for number in range(int(stored["members"]))
            ]
            common = zip(stored["common"].tolist(), stored["common_texts"].tolist(), strict=True)
            return cls(
                members=tuple(members),
                space=Space(floats["mean"], floats["shift"], floats["axes"]),
                names=tuple(stored["names"].tolist()),
                tasks=tuple(stored["tasks"].tolist()),
                taught=stored["taught"],
                shared=stored["shared"],
                known_tasks=stored["known_tasks"],
                common=tuple(Step(id_, text) for id_, text in common),
                centre=floats["centre"],
                scale=floats["scale"],
                temperature=float(floats["temperature"]),
            )
