"""Writes the page of scores: ``python -m models.report RESULTS.jsonl [--out docs/models]``.

``RESULTS.jsonl`` holds the JSON of one evaluation a line (``make evals ARGS="--out FILE"``, or the
last line of ``souffleur models eval``). The page is one static file: tables with 95 % intervals,
calibration curves, what silence buys, bars per part and learning curves.
"""

import argparse
import html
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from models.report_plots import Point, bars, curves, figure

Row = dict[str, Any]

TASKS = {
    "playbook-turns": ("Fresh turns, against the playbook", "intents"),
    "contrast-turns": ("Turns that share another intent's words", "intents"),
    "intent": ("Intents", "intents"),
    "sentiment": ("Sentiment", "heads"),
    "emotion": ("Emotion", "heads"),
    "dialogue-act": ("Dialogue act", "heads"),
    "moment": ("Moments", "heads"),
    "pii": ("Personal data", "entities"),
    "retrieval": ("Knowledge search", "retrieval"),
    "next-best-action": ("Next action, known procedures", "next_action"),
    "next-action-order": ("Next action, French playbook", "next_action"),
    "speech": ("Speech", "whisper-base"),
}
"""Title and card of each task, in the order of the page; a task that is not here comes last."""

_ENOUGH = 5
"""Items from which the share of right answers at a confidence is drawn."""

_STYLE = """
body {font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b2733; background: #fff}
h2 {margin-top: 2.5rem; border-bottom: 2px solid #14539a}
table {border-collapse: collapse}
th {text-align: left; font-weight: 600}
td, th {padding: .2rem .7rem; border-bottom: 1px solid #d8dee6}
td.n {text-align: right; font-variant-numeric: tabular-nums}
figure {display: inline-block; vertical-align: top; margin: 1rem 1.5rem 0 0}
figcaption {font-size: 13px; color: #455}
svg {max-width: 100%; height: auto}
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
    groups: dict[str, list[str]] = {task: [] for task in TASKS}
    for name, row in latest.items():
        groups.setdefault(str(row["task"]), []).append(name)
    chapters = {task: names for task, names in groups.items() if names}
    links = "".join(
        f'<li><a href="#{html.escape(task)}">{title_of(task)}</a>: {overview(names, latest)}</li>'
        for task, names in chapters.items()
    )
    bodies = "".join(
        chapter(task, {name: latest[name] for name in names}) for task, names in chapters.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Souffleur: the models</title>'
        f"<style>{_STYLE}</style><h1>Souffleur: the models, scored</h1>"
        "<p>Made by <code>python -m models.report</code> from the JSON of <code>make evals</code>; "
        "brackets are 95 % intervals (bootstrap over items; over dialogues where there are any). "
        "What each model is, what it was trained on, which of these rows set a temperature or a "
        "threshold, and where it fails stands in its card.</p>"
        f"<ul>{links}</ul>{bodies}</html>\n"
    )


def title_of(task: str) -> str:
    """Return a task's title."""
    return html.escape(TASKS[task][0] if task in TASKS else task)


def overview(names: Sequence[str], rows: dict[str, Row]) -> str:
    """Return the first score of each evaluation of a task, in a line."""
    told = []
    for name in names:
        scores = scores_of(rows[name])
        first = f" ({scores[0][0]} {scores[0][1]:.3f})" if scores else ""
        told.append(html.escape(f"{name}{first}"))
    return ", ".join(told)


def chapter(task: str, rows: dict[str, Row]) -> str:
    """Return the part of one task: its card, its learning curves, its evaluations."""
    card = (
        f'<p>Card: <a href="../../models/cards/{TASKS[task][1]}.md">{TASKS[task][1]}</a>.</p>'
        if task in TASKS
        else ""
    )
    sections = "".join(section(name, row) for name, row in rows.items())
    return (
        f'<h2 id="{html.escape(task)}">{title_of(task)}</h2>{card}'
        f"{learning_curves(list(rows.values()))}{sections}"
    )


def section(name: str, row: Row) -> str:
    """Return the part of one evaluation: its scores and its plots."""
    body = "".join(
        f"<tr><td>{html.escape(score)}</td><td class=n>{value:.4f}</td>"
        f"<td class=n>[{low:.4f}, {high:.4f}]</td></tr>"
        for score, value, (low, high) in scores_of(row)
    )
    counts = {"n": "items", "train": "rows to fit on", "cpu_ms_per_item": "ms of CPU an item"}
    facts = ", ".join(f"{row[key]} {what}" for key, what in counts.items() if key in row)
    return (
        f"<h3>{html.escape(name)}</h3><p>{html.escape(facts)}</p>"
        f"<table><tr><th>score</th><th>value</th><th>95 %</th></tr>{body}</table>"
        f"{''.join(plots_of(row))}"
    )


def scores_of(row: Row) -> list[tuple[str, float, list[float]]]:
    """Return (name, value, interval) of every score in an evaluation's JSON."""
    return [(name, row[name], row[f"{name}_ci95"]) for name in row if f"{name}_ci95" in row]


def plots_of(row: Row) -> Iterable[str]:
    """Give a figure for each breakdown that the evaluation reports."""
    if "calibration" in row:
        bins = row["calibration"]["bins"]
        points = [(said, right) for count, said, right in bins if count >= _ENOUGH]
        error = row["calibration"]["ece"]
        yield figure(
            f"Right as often as it says? Tenths with {_ENOUGH} items or more; error {error}",
            curves({"right": points}, ("confidence said", "share right"), diagonal=True),
        )
    for key, bar, answered in (("selective", "threshold", "answered"), ("cards", "from", "shown")):
        if row.get(key):
            lines = {
                f"{name} from there on": [(each[bar], each[name]) for each in row[key]]
                for name in (answered, "right")
            }
            yield figure(
                "What silence below a confidence buys", curves(lines, ("confidence", "share"))
            )
    for key, values in row.items():
        if isinstance(values, dict) and (name := _broken_down(key, values)):
            yield from _parts(name, values)


def _broken_down(key: str, values: Row) -> str | None:
    """Return the score that ``NAME_by_part``, ``by_part`` or ``by_label`` gives of each part."""
    name, by, _ = key.rpartition("by_")
    parts = list(values.values())
    if not by or not parts or not all(isinstance(part, dict) for part in parts):
        return None
    known = name.removesuffix("_") or next((s for s in ("macro_f1", "recall") if s in parts[0]), "")
    return known or None


def _parts(name: str, values: Row) -> Iterable[str]:
    told = [
        (f"{part} ({value.get('n', value.get('spans'))})", value[name])
        for part, value in values.items()
        if value.get(name) is not None
    ]
    if told:
        yield figure(f"{name} by part (items)", bars(told))


def learning_curves(rows: Sequence[Row]) -> str:
    """Return a curve for each set of checks that differ in their number of shots only."""
    groups: dict[str, dict[int, float]] = {}
    for row in rows:
        base, _, size = str(row.get("check", "")).partition("-")
        if row["task"] == "intent" and size and "accuracy" in row:
            groups.setdefault(base, {})[row["train"]] = row["accuracy"]
    return "".join(
        figure(f"{base}: what more examples buy", _learning_curve(sizes))
        for base, sizes in groups.items()
        if len(sizes) > 1
    )


def _learning_curve(sizes: dict[int, float]) -> str:
    points: list[Point] = [(math.log10(size), sizes[size]) for size in sorted(sizes)]
    ticks = [(math.log10(size), str(size)) for size in sorted(sizes)]
    axes = ("rows to fit on (logarithmic)", "accuracy")
    return curves({"accuracy": points}, axes, ticks=ticks)


if __name__ == "__main__":
    main()
