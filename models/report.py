"""Writes the page of scores: ``python -m models.report RESULTS.jsonl [--out docs/models]``.

``RESULTS.jsonl`` holds the JSON of one evaluation a line (``make evals ARGS="--out FILE"``, or the
last line of ``souffleur models eval``). The page is one static file: tables with 95 % intervals,
calibration curves, bars per part and learning curves, drawn as SVG without any script.
"""

import argparse
import html
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Point = tuple[float, float]

_SIDE, _PAD = 260, 34

_STYLE = """
body {font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem}
table {border-collapse: collapse}
td {padding: .2rem .7rem; border-bottom: 1px solid #d8dee6}
td.n {text-align: right; font-variant-numeric: tabular-nums}
figure {display: inline-block; margin: 1rem 1rem 0 0}
figcaption {font-size: 13px; color: #566}
"""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m models.report", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("docs/models"))
    given = parser.parse_args()
    lines = [line for path in given.results for line in path.read_text().splitlines()]
    rows = [json.loads(line) for line in lines if line.strip()]
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "index.html").write_text(page(rows), encoding="utf-8")


def page(rows: Sequence[Row]) -> str:
    """Return the HTML page of these evaluations."""
    # A check that was run twice counts as it last was.
    latest = {str(row.get("check", row["task"])): row for row in rows}
    parts = "".join(section(name, row) for name, row in latest.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Souffleur: the models</title>'
        f"<style>{_STYLE}</style><h1>Souffleur: the models, scored</h1>"
        "<p>Made by <code>python -m models.report</code> from the JSON of <code>make evals</code>; "
        "brackets are 95 % intervals (bootstrap over items). What each model is, what it "
        "was trained on and where it fails stands in its card.</p>"
        f"{learning_curves(list(latest.values()))}{parts}</html>\n"
    )


def section(name: str, row: Row) -> str:
    """Return the part of one evaluation: its scores and its plots."""
    body = "".join(
        f"<tr><td>{html.escape(score)}</td><td class=n>{value:.4f}</td>"
        f"<td class=n>[{low:.4f}, {high:.4f}]</td></tr>"
        for score, value, (low, high) in scores_of(row)
    )
    facts = ", ".join(
        f"{html.escape(key)} {row[key]}" for key in ("n", "train", "cpu_ms_per_item") if key in row
    )
    return (
        f"<h2>{html.escape(name)}</h2><p>Task {html.escape(str(row['task']))}; {facts}</p>"
        f"<table>{body}</table>{''.join(plots_of(row))}"
    )


def scores_of(row: Row) -> list[tuple[str, float, list[float]]]:
    """Return (name, value, interval) of every score in an evaluation's JSON."""
    return [(name, row[name], row[f"{name}_ci95"]) for name in row if f"{name}_ci95" in row]


def plots_of(row: Row) -> Iterable[str]:
    """Give a figure for each breakdown that the evaluation reports."""
    if "calibration" in row:
        bins = row["calibration"]["bins"]
        points = [(said, right) for _, said, right in bins]
        error = row["calibration"]["ece"]
        yield figure(f"Said against true; calibration error {error}", curve(points, diagonal=True))
    for key, values in row.items():
        if not (key.endswith("_by_part") and isinstance(values, dict)):
            continue
        name = key.removesuffix("_by_part")
        bars_ = [
            (f"{part} ({value['n']})", value[name])
            for part, value in values.items()
            if value.get(name) is not None
        ]
        if bars_:
            yield figure(f"{name} by part (items)", bars(bars_))


def learning_curves(rows: Sequence[Row]) -> str:
    """Return a curve for each set of checks that differ in their number of shots only."""
    groups: dict[str, list[Point]] = {}
    for row in rows:
        base, _, size = str(row.get("check", "")).partition("-")
        if row["task"] == "intent" and size and "accuracy" in row:
            groups.setdefault(base, []).append((math.log10(row["train"]), row["accuracy"]))
    return "".join(
        figure(
            f"{html.escape(base)}: accuracy by log10 of the training rows", curve(sorted(points))
        )
        for base, points in groups.items()
        if len(points) > 1
    )


def figure(caption: str, drawing: str) -> str:
    """Return a drawing with its caption."""
    return f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>"


def curve(points: Sequence[Point], *, diagonal: bool = False) -> str:
    """Return an SVG line through ``points``; the vertical axis goes from 0 to 1."""
    left, right = (0.0, 1.0) if diagonal else (points[0][0], points[-1][0])
    width = max(right - left, 1e-9)
    places = [
        (_PAD + _SIDE * (x - left) / width, 8 + _SIDE * (1 - min(max(y, 0.0), 1.0)))
        for x, y in points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#14539a"><title>{px:.3f}: {py:.3f}</title>'
        "</circle>"
        for (x, y), (px, py) in zip(places, points, strict=True)
    )
    rule = (
        f'<line x1="{_PAD}" y1="{8 + _SIDE}" x2="{_PAD + _SIDE}" y2="8" stroke="#b9c2cc" '
        'stroke-dasharray="4 4"/>'
        if diagonal
        else ""
    )
    marks = "".join(
        f'<text x="{_PAD - 6}" y="{12 + _SIDE * (1 - tick):.0f}" text-anchor="end" '
        f'font-size="11">{tick:.1f}</text>'
        for tick in (0.0, 0.5, 1.0)
    )
    marks += "".join(
        f'<text x="{x:.0f}" y="{_SIDE + 26}" text-anchor="middle" font-size="11">{value:.1f}</text>'
        for x, value in ((_PAD, left), (_PAD + _SIDE, right))
    )
    return (
        f'<svg width="{_SIDE + 2 * _PAD}" height="{_SIDE + _PAD}" role="img">'
        f'<rect x="{_PAD}" y="8" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#d8dee6"/>'
        f'{rule}<polyline points="{line}" fill="none" stroke="#14539a" stroke-width="2"/>'
        f"{dots}{marks}</svg>"
    )


def bars(values: Sequence[tuple[str, float]]) -> str:
    """Return SVG bars of values between 0 and 1, each with its name and figure."""
    rows = []
    for place, (name, value) in enumerate(values):
        top = 8 + 26 * place
        length = _SIDE * min(max(value, 0.0), 1.0)
        rows.append(
            f'<text x="0" y="{top + 14}" font-size="12">{html.escape(name)}</text>'
            f'<rect x="110" y="{top}" width="{length:.1f}" height="18" fill="#14539a"/>'
            f'<text x="{116 + length:.1f}" y="{top + 14}" font-size="12">{value:.3f}</text>'
        )
    height = 16 + 26 * len(values)
    return f'<svg width="{_SIDE + 170}" height="{height}" role="img">{"".join(rows)}</svg>'


if __name__ == "__main__":
    main()
