"""What the heads say of turns that they never saw: ``python -m tests.evals.assist_turns``.

    [--data-dir DIR] [--errors]

Prints one JSON object: cues (recall, precision, false fires), intents (accuracy of what is
answered, share answered, AUROC of "none"), sentiment, and adviser actions, given the intents of the
conversation. ``--errors`` lists each mistake first.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, load_encoder
from services.assist.heads import Head, build_heads
from services.assist.heads.head import SceneHead
from services.assist.playbooks import load_playbook
from services.contracts.analysis import Prediction
from services.contracts.base import Role
from services.contracts.conversation import Turn
from services.kit.settings import Settings

DATA = Path(__file__).parent / "data"

SURE = 0.6
"""Confidence from which a cue is shown, an action counts as done, a mood is told."""

Row = dict[str, Any]
Measure = Callable[[Path], Coroutine[Any, Any, tuple[Row, list[str]]]]
Read = dict[str, Prediction]


def rows(name: str) -> list[Row]:
    """Return a set of turns."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text().splitlines()]


async def read(heads: tuple[Head, ...], encoder: Encoder, role: Role, row: Row) -> Read:
    """Return what every head says of a row."""
    turn = Turn(id="t", role=role, text=row["text"], start_ms=0, end_ms=0, channel="chat")
    turn = turn.model_copy(update={"language": row["lang"]})
    [encoding] = await encoder.encode([turn.text], tuned=True)
    return {
        head.name: head.predict_in(encoding, turn, row["intents"], ())
        if isinstance(head, SceneHead)
        else head.predict(encoding, turn)
        for head in heads
        if head.applies(turn)
    }


def cues(pairs: list[tuple[Row, Read]]) -> tuple[Row, list[str]]:
    """Score the cues: each of ``cues`` is wanted, each of ``maybe`` is no mistake."""
    hits = missed = wrong = fires = quiet = 0
    errors = []
    for row, said in pairs:
        heard = {label.label for label in said["cue"].top if label.confidence >= SURE}
        wanted = set(row["cues"])
        false = heard - wanted - set(row["maybe"])
        hits, missed = hits + len(heard & wanted), missed + len(wanted - heard)
        wrong += len(false)
        if not wanted:
            quiet, fires = quiet + 1, fires + bool(false)
        if false or wanted - heard:
            told = [(label.label, round(label.confidence, 2)) for label in said["cue"].top]
            errors.append(f"cue {sorted(wanted)} {told} {row['text']}")
    return {
        "recall": round(hits / (hits + missed), 3),
        "precision": round(hits / max(1, hits + wrong), 3),
        "false_fires_per_turn_without_cue": round(fires / quiet, 3),
        "wanted": hits + missed,
    }, errors


def intents(pairs: list[tuple[Row, Read]]) -> tuple[Row, list[str]]:
    """Score the intents; silence where ``null`` is allowed is right, and is no answer."""
    named = [(row, said["intent"]) for row, said in pairs if row["intents"] != [None]]
    none = [said["intent"] for row, said in pairs if row["intents"] == [None]]
    answered = [(row, said) for row, said in named if said.label is not None]
    right = sum(said.label in row["intents"] for row, said in answered)
    best = [said.top[0].confidence for _, said in named]
    refused = [said.top[0].confidence for said in none]
    truth = [1] * len(best) + [0] * len(refused)
    errors = [
        f"intent {row['intents']} {[(s.label, round(s.confidence, 2)) for s in said['intent'].top]}"
        f" {row['text']}"
        for row, said in pairs
        if said["intent"].label not in row["intents"]
    ]
    return {
        "turns_with_intent": len(named),
        "answered": round(len(answered) / len(named), 3),
        "right_of_answered": round(right / max(1, len(answered)), 3),
        "none_auroc": round(float(roc_auc_score(truth, best + refused)), 3),
        "fires_on_none": round(sum(said.label is not None for said in none) / len(none), 3),
        "mean_confidence_of_answered": round(
            sum(said.confidence for _, said in answered) / max(1, len(answered)), 3
        ),
    }, errors


def sentiment(pairs: list[tuple[Row, Read]]) -> tuple[Row, list[str]]:
    """Score the sentiment; a turn may have two right answers."""
    read = [(row, said["sentiment"]) for row, said in pairs]
    right = sum(said.label in row["sentiment"] for row, said in read)
    wrong = [(row, said) for row, said in read if said.label not in row["sentiment"]]
    return {
        "turns": len(read),
        "right": round(right / len(read), 3),
        "mean_confidence": round(sum(said.confidence for _, said in read) / len(read), 3),
        "wrong_and_sure": sum(said.confidence >= SURE for _, said in wrong),
    }, [f"mood {r['sentiment']} {s.label} {s.confidence:.2f} {r['text']}" for r, s in wrong]


def adviser_actions(pairs: list[tuple[Row, Read]]) -> tuple[Row, list[str]]:
    """Score the actions heard among those that the conversation's intents make possible."""
    hits = wrong = missed = 0
    errors = []
    for row, said in pairs:
        action = said["adviser_action"]
        heard = {action.label} if action.label and action.confidence >= SURE else set()
        wanted = {name for name in row["actions"] if name is not None}
        hits, wrong = hits + len(heard & wanted), wrong + len(heard - wanted)
        missed += not heard & wanted and None not in row["actions"]
        if heard - wanted or (not heard & wanted and None not in row["actions"]):
            top = [(s.label, round(s.confidence, 2)) for s in said["adviser_action"].top]
            errors.append(f"action {row['actions']} {top} {row['text']}")
    return {
        "turns": len(pairs),
        "precision": round(hits / max(1, hits + wrong), 3),
        "recall": round(hits / max(1, hits + missed), 3),
    }, errors


async def measure(data_dir: Path) -> tuple[Row, list[str]]:
    """Return the figures and the mistakes."""
    encoder = load_encoder(Settings(data_dir=data_dir))
    try:
        cache = EmbeddingCache(data_dir / "embeddings")
        heads = await build_heads(load_playbook("general"), encoder, cache, data_dir)
        customers = rows("customer_turns")
        advisers = rows("adviser_turns")
        heard = [(row, await read(heads, encoder, "customer", row)) for row in customers]
        done = [(row, await read(heads, encoder, "adviser", row)) for row in advisers]
    finally:
        encoder.close()
    report: Row = {}
    mistakes: list[str] = []
    for name, (figures, errors) in _scored(heard, done):
        report[name] = figures
        mistakes += errors
    return report, mistakes


def _scored(
    heard: list[tuple[Row, Read]], done: list[tuple[Row, Read]]
) -> Iterator[tuple[str, tuple[Row, list[str]]]]:
    yield "cues", cues(heard)
    yield "intents", intents(heard)
    yield "sentiment", sentiment(heard)
    for source in ("fresh", "demo"):
        part = [(row, said) for row, said in done if row["source"] == source]
        yield f"adviser_actions_{source}", adviser_actions(part)


def main(measured: Measure, about: str | None) -> None:
    """Run what ``measured`` measures from the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--errors", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report, mistakes = asyncio.run(measured(given.data_dir or Path(scratch)))
    if given.errors:
        print("\n".join(mistakes))  # noqa: T201 - the command's answer
    print(json.dumps(report, indent=1))  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main(measure, __doc__)
