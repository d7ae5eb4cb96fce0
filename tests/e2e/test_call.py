"""A real two-sided call through the whole of Souffleur: who said what, in order, and what of it."""

from datetime import date
from pathlib import Path

import pytest
import soundfile as sf

from services.demo.stories import load_story
from services.evaluation.wer import word_error_rate
from tests.fakes.live_replay import Replayed, replayed
from tests.fakes.stack import Stack

STORY = load_story("colis-non-recu", date(2026, 11, 20))
SPOKEN = [turn for turn in STORY.script.turns if turn.end_ms < 43_000]
CUT_MS = SPOKEN[-1].end_ms + 300
WORST_WER = 0.35
"""Loose: Whisper base on telephone speech; benchmarks measure it, this only tells who spoke."""


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The call's first turns as a stereo file, left the customer."""
    samples, rate = sf.read(STORY.path, dtype="int16", frames=CUT_MS * 8, always_2d=True)
    assert (rate, samples.shape[1]) == (8_000, 2)
    path = tmp_path_factory.mktemp("call") / "beginning.wav"
    sf.write(path, samples, rate, subtype="PCM_16")
    return path


def _heard(call: Replayed, role: str) -> str:
    return " ".join(turn["text"] for turn in call.of("turn.final") if turn["role"] == role)


def _said(role: str) -> str:
    return " ".join(turn.text for turn in SPOKEN if turn.role == role)


@pytest.mark.timeout(120)  # it is streamed at the pace of life
async def test_a_call_is_written_down_read_and_helped(souffleur: Stack, beginning: Path) -> None:
    call = await replayed(souffleur, beginning, "--language", "fr")
    finals = call.of("turn.final")

    for role in ("customer", "adviser"):
        assert word_error_rate([(_said(role), _heard(call, role))], "fr") < WORST_WER
    # What one says is not heard on the other's side.
    assert word_error_rate([(_said("customer"), _heard(call, "adviser"))], "fr") > 0.7
    for role in ("customer", "adviser"):
        starts = [turn["start_ms"] for turn in finals if turn["role"] == role]
        assert starts == sorted(starts)
    assert all(0 <= turn["start_ms"] < turn["end_ms"] <= CUT_MS + 1_000 for turn in finals)
    assert len({turn["id"] for turn in finals}) == len(finals)
    assert call.summary["turns"] == len(finals) >= 5

    partials = call.of("turn.partial")
    assert partials
    for partial in partials:
        final = next((turn for turn in finals if turn["id"] == partial["id"]), None)
        assert final is None or partial["role"] == final["role"]
    over: set[str] = set()
    for turn in call.of("turn.partial", "turn.final"):
        assert turn["id"] not in over
        if turn["final"]:
            over.add(turn["id"])

    _check_reading(call)


def _check_reading(call: Replayed) -> None:
    turns = {turn["id"]: turn for turn in call.of("turn.final")}
    analysed = call.of("turn.analysed")
    assert len({each["turn_id"] for each in analysed}) == len(analysed)
    for each in analysed:
        customers = turns[each["turn_id"]]["role"] == "customer"
        assert ("sentiment" in each["predictions"]) is customers
    assert {t["id"] for t in turns.values() if t["role"] == "customer"} <= {
        each["turn_id"] for each in analysed
    }
    offers = call.of("suggestion.offered", "suggestion.updated")
    assert offers
    quotes = 0
    for offer in offers:
        assert offer["suggestion"]["evidence"]
        for piece in offer["suggestion"]["evidence"]:
            if piece["source"] == "turn":
                text = turns[piece["turn_id"]]["text"]
                assert text[piece["start"] : piece["end"]] == piece["quote"]
                quotes += 1
    assert quotes
    latency = call.summary["latency_ms"]
    assert 0 < latency["final_p50"] <= latency["final_p95"]
    assert latency["suggestion_p50"] is not None
