"""Latency accounting: from the end of speech on the timeline that was sent, or from the send."""

from typing import Any

import pytest

from services.demo.latency import LatencyBook, percentile


def final(turn_id: str, end_ms: int = 0) -> dict[str, Any]:
    return {"type": "turn.final", "data": {"id": turn_id, "end_ms": end_ms}}


def card(turn_id: str, *, held: bool = False) -> dict[str, Any]:
    return {
        "type": "suggestion.offered",
        "data": {"suggestion": {"turn_id": turn_id}, "held": held},
    }


def test_latencies_count_from_the_end_of_the_turn() -> None:
    book = LatencyBook(lambda turn: 100.0 + turn["end_ms"] / 1000)
    book.received(final("a", end_ms=2_000), 102.5)
    book.received(card("a"), 102.75)
    book.received(final("b", end_ms=5_000), 106.0)

    assert book.summary() == {
        "turns": 2,
        "suggestions": 1,
        "latency_ms": {
            "final_p50": 500.0,
            "final_p95": 1000.0,
            "suggestion_p50": 750.0,
            "suggestion_p95": 750.0,
        },
    }


def test_a_turn_that_is_not_ours_counts_but_has_no_latency() -> None:
    book = LatencyBook(lambda turn: {"mine": 10.0}.get(turn["id"]))
    book.received(final("theirs"), 11.0)
    book.received(card("theirs"), 11.0)

    summary = book.summary()
    assert (summary["turns"], summary["suggestions"]) == (1, 1)
    assert set(summary["latency_ms"].values()) == {None}


def test_cards_held_back_and_other_events_are_not_counted() -> None:
    book = LatencyBook(lambda _turn: 0.0)
    book.received(final("a"), 1.0)
    book.received(card("a", held=True), 2.0)
    book.received({"type": "turn.partial", "data": {"id": "b"}}, 3.0)

    assert book.summary()["turns"] == 1
    assert book.summary()["suggestions"] == 0


@pytest.mark.parametrize(
    ("values", "rank", "expected"),
    [([], 50, None), ([3.0], 95, 3.0), ([4.0, 1.0, 3.0, 2.0], 50, 2.0), (range(1, 101), 95, 95.0)],
)
def test_percentiles_are_nearest_rank(values: Any, rank: float, expected: float | None) -> None:
    assert percentile(list(values), rank) == expected
