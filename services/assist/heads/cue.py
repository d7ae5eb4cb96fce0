"""Which of the playbook's cues the customer's words give away; one turn may give several away."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, Encoding
from services.assist.heads.centring import LANGUAGES, Vectors, centres_of
from services.assist.heads.detectors import Detectors
from services.assist.heads.playbook_head import embed_examples, readings
from services.assist.heads.sentences import sentence_spans
from services.assist.heads.small_talk import BOTH_ROLES, joined
from services.assist.language import guess_language, language_of_turn
from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.playbook import Playbook

NAME = "cue"

THRESHOLD = 0.5
"""Below this probability a cue is not heard."""

_FAINT = 0.1
"""What is likelier than this is told in ``top``."""


class CueHead:
    """One detector per cue, on the customer's final turns; ``top`` holds every cue that is heard.

    Each sentence counts, and the turn as a whole: one telling sentence is enough in a long story.
    """

    name = NAME

    def __init__(self, detectors: Detectors | None) -> None:
        self._detectors = detectors

    def applies(self, turn: Turn) -> bool:
        return self._detectors is not None and turn.final and turn.role == "customer"

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        if self._detectors is None:
            return Prediction(label=None, confidence=1.0)
        heard = self._heard(self._detectors, encoding, turn.text, language_of_turn(turn))
        shares = np.maximum.reduce(heard).tolist()
        first, *others = sorted(zip(shares, self._detectors.labels, strict=True), reverse=True)
        top = tuple(
            ScoredLabel(label=label, confidence=share)
            for share, label in (first, *(other for other in others if other[0] >= _FAINT))
        )
        if top[0].confidence < THRESHOLD:
            return Prediction(label=None, confidence=1.0 - top[0].confidence, top=top)
        return Prediction(label=top[0].label, confidence=top[0].confidence, top=top)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        spans = sentence_spans(text)
        if self._detectors is None or len(spans) < 2:
            return spans[0] if spans else (0, len(text))
        shares = self._heard(self._detectors, encoding, text, guess_language(text))
        return spans[int(shares[1:, self._detectors.labels.index(label)].argmax())]

    def _heard(
        self, detectors: Detectors, encoding: Encoding, text: str, language: Language
    ) -> NDArray[np.float64]:
        """Return (1 + sentences, cues), made once for the label and its quotes."""
        return encoding.once(
            (self, language),
            lambda: detectors.probabilities(readings(encoding, text), language),
        )


async def fit(
    playbook: Playbook, encoder: Encoder, cache: EmbeddingCache, shift: Vectors
) -> CueHead:
    """Return the head over ``Cue.phrases``.

    An ordinary request gives nothing away, so the intents' examples count as ordinary turns, but
    for the intents that some cue is bound to: those speak its language.
    """
    cues = {cue.id: cue.phrases for cue in playbook.cues if cue.phrases.fr or cue.phrases.en}
    if not cues:
        return CueHead(None)
    bound = {name for cue in playbook.cues if cue.id in cues for name in cue.when.intents}
    requests = [intent.examples for intent in playbook.intents if intent.id not in bound]
    ordinary = joined(playbook.none_of_these, BOTH_ROLES, *requests)
    *vectors, others = await embed_examples((*cues.values(), ordinary), encoder, cache)
    phrases = dict(zip(cues, vectors, strict=True))
    centres = centres_of({**phrases, "": others}, shift)
    for language in LANGUAGES:
        others.setdefault(language, np.zeros((0, len(shift)), dtype=np.float32))
    return CueHead(await asyncio.to_thread(Detectors.fit, phrases, others, centres))
