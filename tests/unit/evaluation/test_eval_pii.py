"""The score of personal data: what counts as found, as spurious and as a false alarm."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.evaluation.pii import evaluate
from services.evaluation.request import EvalRequest
from services.kit.errors import InvalidInput
from services.kit.settings import Settings


async def score(tmp_path: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    request = EvalRequest((path,), (), (), None, Settings(data_dir=tmp_path))
    return (await evaluate(request, lambda done, total: None)).as_json()


def row(text: str, *marked: tuple[str, str]) -> dict[str, Any]:
    spans = [
        {"start": text.index(part), "end": text.index(part) + len(part), "label": label}
        for part, label in marked
    ]
    return {"text": text, "spans": spans}


async def test_counts_found_spurious_and_alarms(tmp_path: Path) -> None:
    report = await score(
        tmp_path,
        [
            row("mon numéro c'est le 06 12 34 56 78", ("06 12 34 56 78", "PHONE_NUMBER")),
            row("écrivez à jean.dupont@gmail.com merci", ("écrivez", "email")),
            row("j'ai payé douze euros le trois mars"),
            row("je m'appelle sophie martin"),
        ],
    )
    assert (report["n"], report["spans"], report["predicted_spans"]) == (4, 2, 3)
    assert report["recall"] == 0.5
    assert report["precision"] == round(1 / 3, 4)
    assert report["false_alarm_rate"] == 0.5
    assert report["spurious_spans"] == 2
    assert report["label_recall"] == 0.0
    assert report["by_label"]["PHONE_NUMBER"] == {"spans": 1, "recall": 1.0}


async def test_half_of_the_characters_are_enough_and_pieces_add_up(tmp_path: Path) -> None:
    text = "j'habite 12 rue des Lilas 44000 Nantes"
    whole = await score(tmp_path, [row(text, ("12 rue des Lilas 44000 Nantes", "ADDRESS"))])
    assert whole["recall"] == 1.0
    less = await score(tmp_path, [row(text, (text, "ADDRESS"), ("j'habite 12", "ADDRESS"))])
    assert less["recall"] == 0.5


async def test_rows_that_all_hold_spans_give_no_alarm_and_valid_json(tmp_path: Path) -> None:
    report = await score(tmp_path, [row("au 06 12 34 56 78", ("06 12 34 56 78", "phone"))])
    assert report["false_alarm_rate"] == 0.0
    assert "NaN" not in json.dumps(report)


async def test_same_file_same_numbers(tmp_path: Path) -> None:
    rows = [row("c'est hier"), row("je m'appelle sophie martin", ("sophie martin", "person"))]
    first, second = await score(tmp_path, rows), await score(tmp_path, rows)
    first.pop("cpu_ms_per_item"), second.pop("cpu_ms_per_item")
    assert first == second


@pytest.mark.parametrize("span", [(-1, 3), (2, 2), (0, 99), (0.5, 2)])
async def test_a_span_outside_of_the_text_names_its_line(
    tmp_path: Path, span: tuple[float, float]
) -> None:
    bad = {"text": "bonjour", "spans": [{"start": span[0], "end": span[1], "label": "x"}]}
    with pytest.raises(InvalidInput) as raised:
        await score(tmp_path, [row("bonjour"), bad])
    assert raised.value.field is not None
    assert ":2: spans" in raised.value.field
