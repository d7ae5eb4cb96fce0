"""The intent evaluation around the head: grouping, languages, and the scores of predictions."""

from pathlib import Path

import numpy as np
import pytest

from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.conversation import Turn
from services.evaluation.intent import calibration, grouped, languages, named, scored
from services.evaluation.rows import Row
from services.kit.errors import InvalidInput


def rows(*fields: dict[str, str]) -> list[Row]:
    return [Row(Path("rows.jsonl"), line, given) for line, given in enumerate(fields, start=1)]


def turn(text: str) -> Turn:
    return Turn(
        id="t", role="customer", text=text, language="en", start_ms=0, end_ms=0, channel="chat"
    )


def said(label: str, confidence: float) -> Prediction:
    top = (ScoredLabel(label=label, confidence=confidence),)
    answer = label if confidence >= 0.5 else None
    return Prediction(label=answer, confidence=max(confidence, 1 - confidence), top=top)


def test_a_text_that_does_not_show_its_language_has_that_of_most() -> None:
    given = rows(
        {"text": "where is my card, I have been waiting"},
        {"text": "card arrival"},
        {"text": "card arrival", "lang": "fr"},
    )
    assert languages(given) == ["en", "en", "fr"]


def test_examples_are_grouped_and_oos_is_none_of_these() -> None:
    given = rows(
        {"text": "where is my card", "intent": "card", "lang": "en"},
        {"text": "où est ma carte", "intent": "card", "lang": "fr"},
        {"text": "I want my money back", "intent": "refund", "lang": "en"},
        {"text": "sing me a song", "intent": "oos", "lang": "en"},
    )
    examples, none = grouped(given)
    assert list(examples) == ["card", "refund"]
    assert (examples["card"].fr, examples["card"].en) == (
        ("où est ma carte",),
        ("where is my card",),
    )
    assert none.en == ("sing me a song",)
    assert named("lost_or_stolen", examples["refund"]).en == ("lost or stolen",)
    with pytest.raises(InvalidInput, match="two intents"):
        grouped(given[:2])


def test_scores_ask_for_the_likeliest_and_refusals_count_apart() -> None:
    truth = ["a", "a", "b", "oos", "oos"]
    predictions = [said("a", 0.9), said("a", 0.4), said("a", 0.6), said("b", 0.2), said("b", 0.7)]
    scores, extras = scored([turn("x")] * 5, truth, predictions, ("a", "b"))
    assert scores["accuracy"].value == pytest.approx(2 / 3)
    assert scores["macro_f1"].value == pytest.approx(0.8 / 2)
    assert scores["oos_recall"].value == 0.5
    # Of six pairs (in scope, out of scope), .9 > .2, .9 > .7, .4 > .2 and .6 > .2 are in order.
    assert scores["oos_auroc"].value == pytest.approx(4 / 6)
    assert extras["answered"] == pytest.approx(0.6667)
    assert extras["n_oos"] == 2


def test_without_oos_rows_there_is_no_oos_score() -> None:
    scores, _ = scored([turn("x")] * 2, ["a", "b"], [said("a", 0.9), said("b", 0.8)], ("a", "b"))
    assert set(scores) == {"accuracy", "macro_f1"}


def test_calibration_bins() -> None:
    sure = np.array([0.95, 0.95, 0.25, 1.0])
    report = calibration(sure, np.array([True, True, False, False]))
    assert report["bins"] == [[1, 0.25, 0.0], [3, 0.9667, 0.6667]]
    assert report["ece"] == pytest.approx((0.25 + 3 * 0.3) / 4, abs=1e-3)
