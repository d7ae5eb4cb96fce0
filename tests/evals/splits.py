"""Splits of a public training file into rows to fit on and rows to score: always the same ones."""

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

    ``how``: ``tenth`` scores the rows whose text's digest ends so and fits on the others;
    ``shots:N`` scores the same rows and fits on N others of each intent (``oos``: all of them);
    ``dev`` scores the rows whose ``split`` is ``dev`` or ``val`` and fits on nothing.
    """
    rows = sorted(read_rows(files), key=_digest)
    if how == "dev":
        chosen = [row.fields for row in rows if row.fields.get("split") in ("dev", "val")]
        return None, _write(scratch / "scored.jsonl", chosen)
    scored = [row.fields for row in rows if _digest(row) % _TENTHS == 0]
    others = [row.fields for row in rows if _digest(row) % _TENTHS]
    if how.startswith("shots:"):
        others = _shots(others, int(how.removeprefix("shots:")))
    fitted = _write(scratch / "fitted.jsonl", others)
    return fitted, _write(scratch / "scored.jsonl", scored)


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
