"""The retrieval task: ranks, scores and errors, on documents small enough to check by eye."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.evaluation.request import EvalRequest
from services.evaluation.retrieval import evaluate
from services.kit.errors import InvalidInput
from services.kit.settings import Settings
from tests.fakes.kept import KEPT_DATA_DIR

DOCUMENTS = [
    {"id": "a/1", "title": "", "text": "La carte d'identité se demande en mairie."},
    {"id": "b", "text": "Le permis de conduire est renouvelé tous les quinze ans."},
    {"id": "c", "title": "Aides au logement", "text": "La caisse verse l'aide chaque mois."},
]


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def request(
    folder: Path, documents: list[dict[str, Any]], questions: list[dict[str, Any]]
) -> EvalRequest:
    return EvalRequest(
        data=(lines(folder / "questions.jsonl", questions),),
        train=(),
        documents=(lines(folder / "documents.jsonl", documents),),
        flow_charts=None,
        settings=Settings(data_dir=KEPT_DATA_DIR),
    )


async def test_it_counts_where_the_right_document_comes(tmp_path: Path) -> None:
    questions = [
        {"question": "Où demander une carte d'identité ?", "id": "a/1"},
        {"question": "Quand renouveler mon permis de conduire ?", "id": "b"},
        {"question": "Quand renouveler mon permis de conduire ?", "id": "c"},
    ]
    told: list[tuple[int, int]] = []
    asked = request(tmp_path, DOCUMENTS, questions)
    report = await evaluate(asked, lambda done, total: told.append((done, total)))
    body = report.as_json()
    assert (body["n"], body["documents"]) == (3, 3)
    assert body["recall_at_1"] == pytest.approx(2 / 3, abs=1e-3)
    assert body["recall_at_5"] == body["recall_at_10"] == 1
    assert 2 / 3 < body["mrr"] < 0.9
    assert body["recall_at_1_ci95"][0] <= body["recall_at_1"] <= body["recall_at_1_ci95"][1]
    assert told[-1] == (3, 3)
    again = (await evaluate(asked, lambda done, total: None)).as_json()
    for each in (body, again):
        each.pop("cpu_ms_per_item")
    assert again == body


@pytest.mark.parametrize(
    ("documents", "questions", "what"),
    [
        (DOCUMENTS, [{"question": "?", "id": "z"}], "id"),
        (DOCUMENTS, [{"question": " ", "id": "b"}], "question"),
        ([*DOCUMENTS, DOCUMENTS[0]], [{"question": "x", "id": "b"}], "second time"),
        ([{"id": "a", "title": "T"}], [{"question": "x", "id": "a"}], "text"),
    ],
)
async def test_a_wrong_row_is_named(
    tmp_path: Path, documents: list[Any], questions: list[Any], what: str
) -> None:
    with pytest.raises(InvalidInput, match=what):
        await evaluate(request(tmp_path, documents, questions), lambda done, total: None)
