"""Every task's training rows in one form: public sets, and our own utterances.

Public sets are read from ``--data``; nothing of them is kept here. Own utterances are in ``data/``.
"""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sklearn.model_selection import StratifiedKFold

from models.train.playbook_mood import playbook_rows, polite
from services.assist.heads.trained import ACTS, EMOTIONS, MOMENTS, SENTIMENTS
from services.evaluation.escapes import readable

OWN = Path(__file__).resolve().parent / "data"

GO_GROUPS = {
    "anger": ("anger", "annoyance", "disgust", "disapproval"),
    "worry": ("fear", "nervousness"),
    "joy": ("joy", "gratitude", "admiration", "love", "excitement", "relief", "pride", "optimism"),
    "neutral": ("neutral",),
}
"""GoEmotions labels of each coarse group; rows that mix groups, or have none, teach no group."""

XED_GROUPS = {
    "anger": ("anger", "disgust"),
    "worry": ("fear",),
    "joy": ("joy",),
    "neutral": ("neutral",),
}

GO_MOODS = {
    "positive": (*GO_GROUPS["joy"], "amusement", "approval", "caring"),
    "negative": (*GO_GROUPS["anger"], *GO_GROUPS["worry"], "sadness", "disappointment", "grief"),
    "neutral": ("neutral",),
}
"""GoEmotions labels by mood: a far relation of what a tweet's annotator calls sentiment."""

DOGO_ACTS = {
    "openinggreeting": "greeting",
    "closinggreeting": "farewell",
    "thankyou": "thanks",
    "confirmation": "confirm",
    "rejection": "deny",
    "contentonly": "inform",
}
SGD_ACTS = {
    ("user", "AFFIRM"): "confirm",
    ("user", "NEGATE,THANK_YOU"): "deny",
    ("user", "NEGATE_INTENT"): "deny",
    ("user", "INFORM_INTENT"): "request",
    ("user", "REQUEST"): "question",
    ("user", "THANK_YOU"): "thanks",
    ("user", "GOODBYE,THANK_YOU"): "farewell",
    ("user", "INFORM"): "inform",
    ("agent", "GOODBYE"): "farewell",
    ("agent", "REQUEST"): "question",
    ("agent", "CONFIRM"): "question",
    ("agent", "NOTIFY_SUCCESS"): "inform",
    ("agent", "INFORM"): "inform",
}
NLUPP_ACTS = {
    "greet": "greeting",
    "thank": "thanks",
    "end_call": "farewell",
    "affirm": "confirm",
    "deny": "deny",
    "acknowledge": "acknowledge",
    "request_info": "question",
    "handoff": "request",
    "change": "request",
    "cancel_close_leave_freeze": "request",
    "wrong_notworking_notshowing": "inform",
}

MOST_PER_EMOTION = 3_500
"""Of each group and split of GoEmotions, and a third of it of XED: half of them are neutral."""

MOST_PER_ACT = 700
"""Of each act and public set: thousands of "ok" teach nothing more."""


@dataclass(frozen=True)
class Row:
    """One labelled text; ``targets`` are places in the task's labels (any number for moments)."""

    task: str
    source: str
    text: str
    lang: str
    split: str
    targets: tuple[int, ...]
    role: str = "customer"
    weight: float = 1.0


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON lines file, plain or gzipped."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines()]


def all_rows(data: Path) -> list[Row]:
    """Return every row of every task, in a fixed order; what one task leaves out no task learns."""
    rows = [*tweets(data), *service(), *goemotions(data), *xed(data)]
    rows += [*acts(data), *own_acts_and_emotions(), *moments()]
    unseen = {row.text for row in rows if row.split != "train"}
    return [
        row for row in rows if row.text.strip() and (row.split != "train" or row.text not in unseen)
    ]


def tweets(data: Path) -> Iterator[Row]:
    """UMSAB sentiment, with the train and validation rows that were given as one training set."""
    for row in read_jsonl(data / "umsab-sentiment" / "train_val_en_fr.jsonl.gz"):
        target = (SENTIMENTS.index(row["label"]),)
        yield Row("sentiment", "umsab", readable(row["text"]), row["lang"], "train", target)


def service() -> Iterator[Row]:
    """Our customer-service utterances, plain and behind polite openers, and the playbook's."""
    plain = read_jsonl(OWN / "sentiment_service.jsonl")
    kinds = {
        "service": plain,
        "polite": [polite(row, number) for number, row in enumerate(plain)],
        "playbook": playbook_rows(),
    }
    for kind, rows in kinds.items():
        for row in rows:
            target = (SENTIMENTS.index(row["label"]),)
            weight = float(row.get("share", 1.0))
            language, split = row["lang"], row["split"]
            yield Row("sentiment", kind, row["text"], language, split, target, weight=weight)


def goemotions(data: Path) -> Iterator[Row]:
    """GoEmotions as coarse emotion and as mood."""
    shuffler = random.Random(0)
    given = read_jsonl(data / "goemotions" / "train_dev.jsonl.gz")
    shuffler.shuffle(given)
    counts: Counter[str] = Counter()
    for row in given:
        text, labels, split = row["text"], row["labels"], row["split"]
        group, mood = _one_group(labels, GO_GROUPS), _one_group(labels, GO_MOODS)
        kind = f"{split} {group or mood}"
        most = MOST_PER_EMOTION if split == "train" else MOST_PER_EMOTION // 10
        if (group or mood) is None or counts[kind] == most:
            continue
        counts[kind] += 1
        if group is not None:
            target = (EMOTIONS.index(group),)
            yield Row("emotion", "goemotions", text, "en", split, target)
        if mood is not None:
            target = (SENTIMENTS.index(mood),)
            yield Row("mood", "goemotions", text, "en", split, target)


def xed(data: Path) -> Iterator[Row]:
    """XED film subtitles as coarse emotion; the French labels were projected from English."""
    shuffler = random.Random(0)
    given = read_jsonl(data / "xed" / "train_en_fr.jsonl.gz")
    shuffler.shuffle(given)
    counts: Counter[str] = Counter()
    for row in given:
        group = _one_group(row["labels"], XED_GROUPS)
        kind = f"{row['lang']} {group}"
        if group is None or counts[kind] == MOST_PER_EMOTION // 3:
            continue
        counts[kind] += 1
        split = "dev" if counts[kind] % 12 == 0 else "train"
        target = (EMOTIONS.index(group),)
        yield Row("emotion", "xed", row["text"], row["lang"], split, target)


def acts(data: Path) -> Iterator[Row]:
    """Dialogue acts of MultiDoGO, SGD and NLU++ where one label says it all; a share of each."""
    shuffler = random.Random(0)
    for name, found in (
        ("multidogo", _dogo(data)),
        ("sgd", _sgd(data)),
        ("nlupp", _nlupp(data)),
    ):
        kept = [
            Row("dialogue_act", name, text, "en", "train", (ACTS.index(act),), role)
            for text, act, role in _thinned(sorted(set(found)), shuffler)
        ]
        for number, row in enumerate(kept):
            yield replace(row, split="dev") if number % 12 == 0 else row


def own_acts_and_emotions() -> Iterator[Row]:
    """Our utterances for acts and emotions, in French and English; many rows have both."""
    for row in read_jsonl(OWN / "acts_emotions_fr_en.jsonl"):
        language, split, role = row["lang"], row["split"], row["role"]
        if "act" in row:
            target = (ACTS.index(row["act"]),)
            yield Row("dialogue_act", "own", row["text"], language, split, target, role)
        if "emotion" in row:
            target = (EMOTIONS.index(row["emotion"]),)
            yield Row("emotion", "own", row["text"], language, split, target, role)


def moments() -> Iterator[Row]:
    """Our utterances for moments; a row without any is an ordinary turn."""
    for name in ("moments_fr", "moments_en"):
        for row in read_jsonl(OWN / f"{name}.jsonl"):
            targets = tuple(sorted(MOMENTS.index(moment) for moment in row["moments"]))
            text, language, split = row["text"], row["lang"], row["split"]
            yield Row("moment", "own", text, language, split, targets, row["role"])


def _one_group(labels: Sequence[str], groups: dict[str, tuple[str, ...]]) -> str | None:
    found = {group for group, members in groups.items() for label in labels if label in members}
    known = {label for members in groups.values() for label in members}
    if len(found) != 1 or not known.issuperset(labels):
        return None
    return found.pop()


def _thinned(
    found: Iterable[tuple[str, str, str]], shuffler: random.Random
) -> Iterator[tuple[str, str, str]]:
    by_act: dict[str, list[tuple[str, str, str]]] = {}
    for item in found:
        by_act.setdefault(item[1], []).append(item)
    for act in sorted(by_act):
        items = by_act[act]
        shuffler.shuffle(items)
        yield from items[:MOST_PER_ACT]


def _dogo(data: Path) -> Iterator[tuple[str, str, str]]:
    for row in read_jsonl(data / "multidogo" / "train_dev.jsonl.gz"):
        labels = row["intents"]
        if len(labels) == 1 and row["text"].strip():
            act = DOGO_ACTS.get(labels[0])
            if act is None and len(row["text"]) > 12 and labels[0].isalpha():
                act = None if labels[0] == "outofdomain" else "request"
            if act is not None:
                yield row["text"], act, "customer"


def _sgd(data: Path) -> Iterator[tuple[str, str, str]]:
    roles = {"user": "customer", "agent": "adviser"}
    for dialogue in read_jsonl(data / "sgd" / "train.jsonl.gz"):
        for turn in dialogue["turns"]:
            kinds = ",".join(sorted({act[1] for act in turn["acts"]}))
            act = SGD_ACTS.get((turn["who"], kinds))
            if act is not None:
                yield turn["text"], act, roles[turn["who"]]


def _nlupp(data: Path) -> Iterator[tuple[str, str, str]]:
    for row in read_jsonl(data / "nlupp" / "train.jsonl.gz"):
        found = {NLUPP_ACTS[label] for label in row.get("intents", ()) if label in NLUPP_ACTS}
        if len(found) == 1:
            yield row["text"], found.pop(), "customer"


def holding_out(rows: list[Row], fold: int, share: float) -> list[Row]:
    """Return ``rows`` with one fold of five of the tweets in the split ``held``.

    Of the other folds only ``share`` is kept, for a learning curve.
    """
    tweets = [place for place, row in enumerate(rows) if row.source == "umsab"]
    kinds = [f"{rows[place].lang}{rows[place].targets}" for place in tweets]
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(tweets, kinds)
    learnt, held = list(folds)[fold]
    random.Random(0).shuffle(learnt)
    left_out = {tweets[place] for place in learnt[round(share * len(learnt)) :]}
    kept = {tweets[place] for place in held}
    return [
        replace(row, split="held") if place in kept else row
        for place, row in enumerate(rows)
        if place not in left_out
    ]
