"""What the heads fitted from a playbook's examples share: intent, adviser action and cue."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, Encoding
from services.assist.heads.centring import LANGUAGES, Vectors
from services.assist.heads.few_shot import FewShotClassifier, Reading
from services.assist.heads.sentences import sentence_spans
from services.assist.language import guess_language, language_of_turn
from services.contracts.analysis import Prediction
from services.contracts.base import Language, Role
from services.contracts.conversation import Turn
from services.contracts.playbook import Examples


class PlaybookHead:
    """A few-shot classifier on the turns of one role; says nothing when it has no labels."""

    def __init__(self, name: str, role: Role, classifier: FewShotClassifier | None) -> None:
        self.name = name
        self._role = role
        self._classifier = classifier

    def applies(self, turn: Turn) -> bool:
        return self._classifier is not None and turn.final and turn.role == self._role

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        return self.predict_among(encoding, turn, None)

    def predict_among(
        self, encoding: Encoding, turn: Turn, among: Collection[str] | None
    ) -> Prediction:
        """Return the prediction when only the labels ``among`` are possible (``None``: all)."""
        if self._classifier is None:
            return Prediction(label=None, confidence=1.0)
        reading = self._read(self._classifier, encoding, turn.text, language_of_turn(turn))
        return self._classifier.concluded(reading, among)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        spans = sentence_spans(text)
        if self._classifier is None or len(spans) < 2:
            return spans[0] if spans else (0, len(text))
        reading = self._read(self._classifier, encoding, text, guess_language(text))
        return spans[int(self._classifier.supported(reading, label)[1:].argmax())]

    def _read(
        self, classifier: FewShotClassifier, encoding: Encoding, text: str, language: Language
    ) -> Reading:
        # The label and its quotes rest on one reading.
        return encoding.once(
            (self, language), lambda: classifier.read(readings(encoding, text), language)
        )


def readings(encoding: Encoding, text: str) -> Vectors:
    """Return (1 + sentences, 384): the turn as a whole, then each sentence when it has several."""
    spans = sentence_spans(text)
    return encoding.rows(spans if len(spans) > 1 else ())


async def embed_examples(
    groups: Sequence[Examples], encoder: Encoder, cache: EmbeddingCache
) -> list[dict[Language, Vectors]]:
    """Return the embeddings of each group by language, from the cache where it has them."""
    texts = [text for given in groups for text in (*given.fr, *given.en)]
    rows = iter(await cache.embed(encoder, texts))
    # In the order of `texts`: French, then English.
    return [
        {
            language: np.stack([next(rows) for _ in given.get(language)])
            for language in LANGUAGES
            if given.get(language)
        }
        for given in groups
    ]


async def fit_head(
    name: str,
    role: Role,
    examples: Mapping[str, Examples],
    none: Examples,
    encoder: Encoder,
    cache: EmbeddingCache,
    shift: Vectors,
    names: Mapping[str, Examples] | None = None,
    softness: float = 1.0,
    talk: Examples | None = None,
) -> PlaybookHead:
    """Embed the examples (from the cache where it has them) and fit, both off the event loop.

    Labels without examples are left out; with fewer than two labels left the head never applies.
    ``names`` says what the labels are called, which is one more example of each; ``talk`` is small
    talk, which has no label unless it resembles an example.
    """
    filled = {label: given for label, given in examples.items() if given.fr or given.en}
    if len(filled) < 2:
        return PlaybookHead(name, role, None)
    called = [(names or {}).get(label, Examples()) for label in filled]
    groups = (*filled.values(), *called, none, talk or Examples())
    *vectors, refusals, spoken = await embed_examples(groups, encoder, cache)
    embedded = dict(zip(filled, vectors[: len(filled)], strict=True))
    named = dict(zip(filled, vectors[len(filled) :], strict=True))
    classifier = await asyncio.to_thread(
        FewShotClassifier.fit, embedded, refusals, shift, named, softness, spoken
    )
    return PlaybookHead(name, role, classifier)
