"""Reads a turn with the models: one encoder pass, then every head; gives up in good time."""

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.assist.encoder import Encoder, Encoding
from services.assist.evidence import span_entity
from services.assist.heads.head import Head, SceneHead
from services.assist.language import language_of_turn
from services.contracts.analysis import Entity, Prediction, TurnAnalysed
from services.contracts.conversation import Turn
from services.entities import find
from services.kit.clock import Clock

log = logging.getLogger(__name__)

TIMEOUT_S = 1.5
"""A turn of 500 words takes 0.2 s; the panel must know within 2 s that the models are down."""

REST_S = 5.0
"""After a failure the models are left alone for so long, so that turns do not queue behind them."""

LIKELY = 0.5
"""A second label from here is quoted too."""

NEUTRAL = "neutral"
"""The one label that shows itself in no words in particular."""

WORTH_A_QUOTE = frozenset({"intent", "sentiment", "cue", "moment"})
"""Heads whose label rests on some words of the turn, which a card then quotes."""


@dataclass
class ModelsUnavailable(Exception):
    """The models failed or took too long; ``reason`` is for the adviser's screen."""

    reason: str


class Analyst:
    """The models of one playbook. Turns are read side by side; the event loop is never held."""

    def __init__(
        self,
        encoder: Encoder,
        heads: Sequence[Head],
        clock: Clock,
        models: Mapping[str, str] | None = None,
    ) -> None:
        """``models`` names what else a reading comes from, beside the encoder."""
        self._encoder = encoder
        self._models = {"encoder": encoder.name, **(models or {})}
        self._heads = tuple(heads)
        self._clock = clock
        # Asked once: the question is dear, and each turn would ask it of every head.
        self._in_scene = {head.name: head for head in heads if isinstance(head, SceneHead)}
        self._resting_until = float("-inf")

    async def read(
        self, turn: Turn, intents: Collection[str] = (), offered: Collection[str] = ()
    ) -> TurnAnalysed | None:
        """Return what the models read in ``turn``, ``None`` when no head is for such a turn.

        ``intents`` are the customer's live ones, ``offered`` the subjects of cards made so far.

        Raises:
            ModelsUnavailable: within ``TIMEOUT_S``, at once while the models rest after a failure.
        """
        heads = [head for head in self._heads if head.applies(turn)]
        if not heads:
            return None
        started = self._clock.monotonic()
        if started < self._resting_until:
            raise ModelsUnavailable("models_resting")
        today = self._clock.now().date()

        def reader(encoding: Encoding) -> tuple[dict[str, Prediction], tuple[Entity, ...]]:
            predictions = {
                head.name: self._predict(head, encoding, turn, intents, offered) for head in heads
            }
            found = find(turn.text, language_of_turn(turn), today)
            return predictions, self._quotes(encoding, turn, predictions) + found

        try:
            async with asyncio.timeout(TIMEOUT_S):
                predictions, entities = await self._encoder.read(turn.text, reader)
        except TimeoutError:
            self._rest()
            raise ModelsUnavailable("models_too_slow") from None
        except Exception as error:
            # Whatever fails in a model, the turn flows on. The log gets the error's kind and place:
            # its text may quote the customer.
            log.warning("a model failed", exc_info=error)
            self._rest()
            raise ModelsUnavailable("models_failed") from None
        elapsed = self._clock.monotonic() - started
        return TurnAnalysed(
            turn_id=turn.id,
            predictions=predictions,
            entities=entities,
            models=self._models,
            latency_ms=round(1000 * elapsed, 3),
        )

    def _predict(
        self,
        head: Head,
        encoding: Encoding,
        turn: Turn,
        intents: Collection[str],
        offered: Collection[str],
    ) -> Prediction:
        scene_head = self._in_scene.get(head.name)
        if scene_head is not None:
            return scene_head.predict_in(encoding, turn, intents, offered)
        return head.predict(encoding, turn)

    def _rest(self) -> None:
        self._resting_until = self._clock.monotonic() + REST_S

    def _quotes(
        self, encoding: Encoding, turn: Turn, predictions: dict[str, Prediction]
    ) -> tuple[Entity, ...]:
        return tuple(
            span_entity(head.name, label, turn.text, head.best_span(encoding, turn.text, label))
            for head in self._heads
            if head.name in WORTH_A_QUOTE and head.name in predictions
            for label in _labels(predictions[head.name])
            if label != NEUTRAL
        )


def _labels(prediction: Prediction) -> Iterator[str]:
    """Give the label, and whatever else is rather there than not: a turn may hold two cues."""
    if prediction.label is not None:
        yield prediction.label
        for other in prediction.top[1:]:
            if other.confidence >= LIKELY:
                yield other.label
