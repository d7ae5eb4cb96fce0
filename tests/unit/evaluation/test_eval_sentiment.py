"""The evaluation of sentiment: the shipped head, on rows written for it."""

import json
from pathlib import Path

import pytest

from services.evaluation.escapes import readable
from services.evaluation.request import EvalRequest
from services.evaluation.sentiment import evaluate
from services.kit.errors import InvalidInput
from services.kit.settings import Settings

ROWS = [
    {"text": "merci beaucoup, c'est parfait !", "lang": "fr", "label": "positive"},
    {"text": "c'est inadmissible, j'en ai assez", "lang": "fr", "label": "negative"},
    {"text": "je voudrais changer mon adresse", "lang": "fr", "label": "neutral"},
    {"text": "that\\u2019s brilliant, thanks so much", "lang": "en", "label": "positive"},
    {"text": "this is awful &amp; i hate it", "lang": "en", "label": "negative"},
    {"text": "the shop opens at nine", "lang": "en", "label": "neutral"},
]


def request(folder: Path, rows: list[dict[str, str]]) -> EvalRequest:
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return EvalRequest((data,), (), (), None, Settings(data_dir=folder / "data"))


def told(_done: int, _total: int) -> None:
    """Nobody watches."""


async def test_plain_rows_are_read_right_and_the_same_each_time(tmp_path: Path) -> None:
    asked = request(tmp_path, ROWS)
    seen: list[tuple[int, int]] = []
    report = await evaluate(asked, lambda done, total: seen.append((done, total)))
    assert report.n == len(ROWS)
    assert report.scores["accuracy"].value == 1.0
    assert report.scores["macro_f1"].value == pytest.approx(1.0)
    assert report.extras["by_part"]["fr"]["n"] == 3
    assert report.cpu_ms_per_item > 0
    assert seen[-1] == (len(ROWS), len(ROWS))
    again = await evaluate(asked, told)
    assert again.scores == report.scores
    assert again.extras == report.extras


@pytest.mark.parametrize(
    ("change", "field"),
    [({"label": "happy"}, "label"), ({"lang": "de"}, "lang"), ({"text": " "}, "text")],
)
async def test_a_wrong_row_is_named(tmp_path: Path, change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await evaluate(request(tmp_path, [ROWS[0], {**ROWS[1], **change}]), told)
    assert f"rows.jsonl:2: {field}" in str(caught.value.field)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("c\\u2019mon", "c’mon"),
        ("you &amp; me &gt; them", "you & me > them"),
        ('""""Wow"""" he said', '"Wow" he said'),
        ('\\"Wow\\"', '"Wow"'),
        ("  l'été à 100 % 🙂 ", "l'été à 100 % 🙂"),
        ("C:\\users", "C:\\users"),
    ],
)
def test_a_text_is_read_as_it_was_written(stored: str, text: str) -> None:
    assert readable(stored) == text
