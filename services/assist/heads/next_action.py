"""Which of the playbook's actions a customer's words lean towards: an order among those allowed.

The playbook's conditions say what may be done; this says which of it the words are about. It is the
part of the learned policy that carries over to French and to any playbook (see the model card):
likeness of the turn to what an adviser says while doing the action, and to the action's name.
"""

import asyncio
from collections.abc import Mapping

import numpy as np

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, Encoding
from services.assist.heads.centring import LANGUAGES, Centres, Vectors, centres_of, unit
from services.assist.heads.playbook_head import embed_examples
from services.assist.language import language_of_turn
from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.playbook import Examples, Playbook

NAME = "next_action"

TEMPERATURE = 0.06
"""Turns likeness into shares of all actions; set on tests/evals/data/next_action_situations.jsonl,
where the right action's mean log-share is highest."""

MOST = 12
"""Actions told: beyond, a share says nothing, and every turn's analysis is kept."""

MIN_WORDS = 4
""""Yes", "all right then": too short to lean anywhere."""


class NextActionHead:
    """Shares of the actions in a customer's turn."""

    name = NAME

    def __init__(
        self, labels: tuple[str, ...], actions: Mapping[Language, Vectors], centres: Centres | None
    ) -> None:
        """``actions`` (labels, 384) in each language, centred and normalised."""
        self._labels = labels
        self._actions = actions
        self._centres = centres

    def applies(self, turn: Turn) -> bool:
        return self._centres is not None and turn.final and turn.role == "customer"

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        if self._centres is None or len(turn.text.split()) < MIN_WORDS:
            return Prediction(label=None, confidence=1.0)
        language = language_of_turn(turn)
        vector = self._centres.centred(encoding.embedding, language)
        like = (self._actions[language] @ vector).astype(np.float64) / TEMPERATURE
        shares = np.exp(like - np.maximum.reduce(like))
        shares /= np.add.reduce(shares)
        order = np.argsort(-shares, kind="stable")[:MOST]
        top = tuple(
            ScoredLabel(label=self._labels[place], confidence=round(share, 5))
            for place, share in zip(order.tolist(), shares[order].tolist(), strict=True)
        )
        return Prediction(label=top[0].label, confidence=top[0].confidence, top=top)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return 0, len(text)


async def fit(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> NextActionHead:
    """Return the head over the actions' titles and what is said while doing them."""
    labels = tuple(action.id for action in playbook.actions)
    if len(labels) < 2:
        return NextActionHead((), {}, None)
    said = [action.said for action in playbook.actions]
    titles = [
        Examples.model_construct(fr=(action.title.fr,), en=(action.title.en,))
        for action in playbook.actions
    ]
    vectors = await embed_examples([*said, *titles], encoder, cache)
    return await asyncio.to_thread(
        _fitted, labels, vectors[: len(labels)], vectors[len(labels) :], shift
    )


def _fitted(
    labels: tuple[str, ...],
    said: list[dict[Language, Vectors]],
    titles: list[dict[Language, Vectors]],
    shift: Vectors,
) -> NextActionHead:
    centres = centres_of(dict(zip(labels, said, strict=True)), shift)
    names = centres_of(dict(zip(labels, titles, strict=True)), shift)
    actions: dict[Language, Vectors] = {}
    for language in LANGUAGES:
        rows = []
        for spoken, title in zip(said, titles, strict=True):
            # Titles are written in their own style: they have a centre of their own.
            row = names.centred(title[language], language)[0]
            if language in spoken:
                row = row + unit(centres.centred(spoken[language], language).mean(axis=0))
            rows.append(unit(row))
        actions[language] = np.stack(rows)
    return NextActionHead(labels, actions, centres)
