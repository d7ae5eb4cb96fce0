"""The regression gate: ``make evals`` fails when a score drops by more than its interval.

    python -m tests.evals.gate [NAME...] [--data DIR] [--data-dir DIR] [--scores FILE] [--out FILE]
                               [--record]

Runs every check of ``scores.toml`` that needs no public data, and with ``--data DIR`` those on the
public sets below ``DIR`` too. ``--record`` writes what it measured as the new scores; ``--out``
keeps each evaluation's JSON, one a line, for ``python -m models.report``.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.evaluation import evaluator
from services.evaluation.request import EvalRequest
from services.kit.settings import Settings
from tests.evals import assist_turns, contrast_turns, next_action_order, trained_heads
from tests.evals.splits import split_rows

ROOT = Path(__file__).resolve().parent.parent.parent
SCORES = Path(__file__).parent / "scores.toml"

Row = dict[str, Any]


async def measure(check: Row, base: Path, data_dir: Path, scratch: Path) -> Row:
    """Return the JSON of one check's evaluation."""
    if check["task"] == "playbook-turns":
        figures, _ = await assist_turns.measure(data_dir)
        return {"task": check["task"], **flattened(figures)}
    if check["task"] == "contrast-turns":
        figures, _ = await contrast_turns.measure(data_dir)
        return {"task": check["task"], **flattened(figures)}
    if check["task"] == "next-action-order":
        figures = await next_action_order.run(data_dir, errors=False, told=False)
        return {"task": check["task"], "n": figures["situations"], **ordered(figures)}
    files = [base / name for name in check["data"]]
    train: tuple[Path, ...] = ()
    if "split" in check:
        fitted, scored = split_rows(files, check["split"], scratch)
        train, files = (fitted,) if fitted else (), [scored]
    if check["task"] in HEADS:
        return await trained_heads.measure(HEADS[check["task"]], files, data_dir)
    documents = tuple(base / name for name in check.get("documents", ()))
    charts = base / check["flow_charts"] if "flow_charts" in check else None
    request = EvalRequest(tuple(files), train, documents, charts, Settings(data_dir=data_dir))
    report = await evaluator(check["task"])(request, lambda done, total: None)
    return report.as_json()


def ordered(figures: Row) -> Row:
    """Return the share of situations whose right action is allowed, and comes first."""
    count = figures["situations"]
    shares = {
        "situations": count,
        "right_on_top": round(figures["right_on_top"]["learned"] / count, 4),
        "right_action_allowed": round(figures["right_action_allowed"] / count, 4),
    }
    return flattened({"order": shares})


def flattened(figures: dict[str, Row]) -> Row:
    """Return the heads' shares with their 95 % intervals (of normal shares, within 0 to 1)."""
    flat: Row = {}
    for head, values in figures.items():
        count = next(values[name] for name in COUNTS if name in values)
        for name, value in values.items():
            if isinstance(value, float) and name not in UNSCORED:
                margin = 1.96 * (value * (1 - value) / count) ** 0.5
                flat[f"{head}.{name}"] = value
                low, high = max(0.0, value - margin), min(1.0, value + margin)
                flat[f"{head}.{name}_ci95"] = [round(low, 4), round(high, 4)]
    return flat


HEADS = {"emotion": "emotion", "dialogue-act": "dialogue_act", "moment": "moment"}
"""Tasks of the gate alone that score a trained head, and its name."""

COUNTS = ("wanted", "turns_with_intent", "turns", "situations")
"""Figures that say of how many items the shares of a head are."""

UNSCORED = (
    *("mean_confidence", "mean_confidence_of_answered", "fires_on_none"),
    "false_fires_per_turn_without_cue",
)
"""Figures that are no scores, or of which less is better."""

LESS_IS_BETTER = ("wer", "false_alarm_rate", "cpu_s_per_audio_s")


def drops(check: Row, found: Row) -> list[str]:
    """Return the scores that left their recorded interval on the bad side."""
    told = []
    for name, (value, low, high) in check.get("scores", {}).items():
        now = found.get(name)
        if now is None:
            told.append(f"{name} is no longer reported")
        elif now > high if name in LESS_IS_BETTER else now < low:
            told.append(f"{name} {now} (recorded {value}, interval {low} to {high})")
    return told


def recorded(found: Row) -> dict[str, list[float]]:
    """Return what is kept of an evaluation's JSON."""
    names = [name for name in found if f"{name}_ci95" in found and name != "cpu_s_per_audio_s"]
    return {name: [found[name], *found[f"{name}_ci95"]] for name in names}


def written(checks: dict[str, Row]) -> str:
    """Return the text of ``scores.toml``."""
    lines = [
        "# Written by `python -m tests.evals.gate --record`: score = [value, low, high] (95 %)."
    ]
    for name, check in checks.items():
        lines.append(f"\n[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in check.items() if key != "scores"]
        lines.append(f"[{name}.scores]")
        lines += [f"{json.dumps(key)} = {value}" for key, value in check.get("scores", {}).items()]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line; exits with 1 when a score dropped."""
    parser = argparse.ArgumentParser(prog="python -m tests.evals.gate", description=__doc__)
    parser.add_argument("names", nargs="*", help="checks whose name begins so; all when left out")
    parser.add_argument("--data", type=Path, help="directory of the public sets")
    parser.add_argument("--data-dir", type=Path, default=Settings().data_dir)
    parser.add_argument("--scores", type=Path, default=SCORES)
    parser.add_argument("--out", type=Path, help="file for the evaluations' JSON lines")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args(arguments)
    checks = tomllib.loads(given.scores.read_text())
    failed = False
    for name, check in checks.items():
        public = check.get("public", False)
        if not name.startswith(tuple(given.names) or ("",)) or (public and given.data is None):
            continue
        base = given.data if public else ROOT
        with tempfile.TemporaryDirectory() as scratch:
            found = asyncio.run(measure(check, base, given.data_dir, Path(scratch)))
        if given.out:
            with given.out.open("a") as file:
                file.write(json.dumps({"check": name, **found}) + "\n")
        bad = drops(check, found)
        failed |= bool(bad)
        values = ", ".join(f"{key} {value[0]}" for key, value in recorded(found).items())
        print(f"{'DROP' if bad else 'ok  '} {name}: {'; '.join(bad) or values}", flush=True)  # noqa: T201 - the answer
        if given.record:
            checks[name] = {**check, "scores": recorded(found)}
            given.scores.write_text(written(checks))
    sys.exit(failed and not given.record)


if __name__ == "__main__":
    main()
