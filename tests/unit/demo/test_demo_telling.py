"""What a person reads of a replay, and what a program reads."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from services.demo.telling import json_lines, readable

SUMMARY = {
    "turns": 2,
    "suggestions": 1,
    "latency_ms": {
        "final_p50": 700.0,
        "final_p95": 900.0,
        "suggestion_p50": None,
        "suggestion_p95": None,
    },
}


def event(type_: str, **data: Any) -> dict[str, Any]:
    return {"at_ms": 61_500, "event": {"id": "1-2", "type": type_, "data": data}}


def told(language: str, *items: dict[str, Any]) -> str:
    out = io.StringIO()
    emit = readable(language, Console(file=out, width=200, color_system=None))
    for item in items:
        emit(item)
    return out.getvalue()


def test_turns_and_cards_with_their_evidence() -> None:
    text = told(
        "fr",
        event("turn.final", role="customer", text="où est [mon] colis ?"),
        event(
            "turn.analysed",
            predictions={
                "sentiment": {"label": "negative", "confidence": 0.91},
                "intent": {"label": None, "confidence": 0.5},
            },
        ),
        event(
            "suggestion.offered",
            held=True,
            suggestion={
                "title": "Ouvrir une enquête",
                "reason": "Le colis est en retard.",
                "confidence": 0.8,
                "evidence": [
                    {"source": "turn", "quote": "mon colis"},
                    {"source": "context", "field": "order_status", "value": "delayed"},
                ],
            },
        ),
    )
    # Square brackets of a customer's are text, not markup.
    assert "01:01.5  client: où est [mon] colis ?" in text
    assert "intent: aucun des sujets connus 50% · sentiment: mécontent 91%" in text
    assert "▸ Ouvrir une enquête (gardé en réserve) 80%" in text
    assert "« mon colis » · order_status = delayed" in text


def test_partials_and_what_has_no_words_are_left_out() -> None:
    assert told("en", event("turn.partial", role="customer", text="où")) == ""
    assert told("en", event("checklist.ticked")) == ""


def test_the_summary_leaves_out_what_was_not_measured() -> None:
    text = told("en", {"summary": SUMMARY})
    assert "2 turns, 1 suggestions" in text
    assert "end of speech → text: 700 ms (p50), 900 ms (p95)" in text
    assert "suggestion:" not in text


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit = json_lines("fr")
    emit(event("turn.final", text="déjà\ndit"))
    emit({"summary": SUMMARY})

    lines = capsys.readouterr().out.splitlines()
    assert [list(json.loads(line)) for line in lines] == [["at_ms", "event"], ["summary"]]
    assert "déjà" in lines[0]
