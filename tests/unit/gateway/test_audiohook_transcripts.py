"""What AudioHook is told of a turn: how sure the recogniser is of it."""

import pytest

from services.contracts.conversation import Turn, Word
from services.gateway.channels.audiohook_messages import transcript

WORDS = (
    Word(text="Oui", start_ms=0, end_ms=200, confidence=0.5),
    Word(text="merci", start_ms=200, end_ms=500, confidence=0.9),
)


@pytest.mark.parametrize(
    ("confidence", "words", "told"),
    [(0.81, None, 0.81), (None, None, 1.0), (0.81, WORDS, 0.7), (None, WORDS, 0.7)],
)
def test_a_turn_is_as_sure_as_its_words_or_its_recogniser(
    confidence: float | None, words: tuple[Word, ...] | None, told: float
) -> None:
    turn = Turn(
        id="t1",
        role="customer",
        text="Oui merci",
        start_ms=0,
        end_ms=500,
        channel="voice",
        confidence=confidence,
        words=words,
    )
    (alternative,) = transcript(turn, 0, 0.0)["data"]["alternatives"]
    assert alternative["confidence"] == told
