"""Splits of a file into rows to fit on and rows to score: always the same ones."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.evaluation.rows import Row, read_rows

_TENTHS = 10


def split_rows(files: Sequence[Path], how: str, scratch: Path) -> tuple[Path | None, Path]:
    """Return a file to fit on (``None``: there is none) and a file to score, in ``scratch``.

    ``how``, of texts with an intent:

    * ``tenth`` scores the rows whose text's digest ends so and fits on the others;
    * ``shots:N`` scores the same rows and fits on N others of each intent (``oos``: all of them).

    And of what nothing is fitted on:

    * ``where:FIELD=VALUE,...`` scores the rows that say so, in the file's order;
    * ``dialogues:N`` scores the dialogues whose id hashes below N of 100;
    * ``first-id`` scores the questions that a document answers, ``id`` being the first of ``ids``.
    """
    kind, _, argument = how.partition(":")
    rows = read_rows(files)
    if kind in _SCORED_ONLY:
        return None, _write(scratch / "scored.jsonl", _SCORED_ONLY[kind](rows, argument))
    if kind not in ("tenth", "shots"):
        raise ValueError(f"no split {how!r}")
    rows = sorted(rows, key=_digest)
    scored = [row.fields for row in rows if _digest(row) % _TENTHS == 0]
    others = [row.fields for row in rows if _digest(row) % _TENTHS]
    if kind == "shots":
        others = _shots(others, int(argument))
    fitted = _write(scratch / "fitted.jsonl", others)
    return fitted, _write(scratch / "scored.jsonl", scored)


def _where(rows: list[Row], conditions: str) -> list[dict[str, Any]]:
    asked = dict(condition.split("=") for condition in conditions.split(","))
    return [row.fields for row in rows if asked.items() <= row.fields.items()]


def _dialogues(rows: list[Row], percent: str) -> list[dict[str, Any]]:
    def held_out(row: Row) -> bool:
        name = str(row.fields["dialogue_id"])
        return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100 < int(percent)

    return [row.fields for row in rows if held_out(row)]


def _first_id(rows: list[Row], _: str) -> list[dict[str, Any]]:
    # The first is the article in the question's language, where there is one.
    return [{**row.fields, "id": row.fields["ids"][0]} for row in rows if row.fields["ids"]]


_SCORED_ONLY = {"where": _where, "dialogues": _dialogues, "first-id": _first_id}


def _shots(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        seen[row["intent"]] += 1
        if row["intent"] == "oos" or seen[row["intent"]] <= count:
            kept.append(row)
    return kept


def _digest(row: Row) -> int:
    return int.from_bytes(hashlib.sha256(row.text("text").encode()).digest()[:8], "big")


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path
