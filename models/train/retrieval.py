"""Fits the ranker of the knowledge search: ``python -m models.train.retrieval --data DIR``.

``DIR`` holds the service-public.fr sheets (``kb-service-public-fr/fiches.jsonl.gz``, Licence
Ouverte 2.0) and Banking77 (``banking77/train.jsonl.gz``). The titles that are questions are asked
of the sheets, whose own titles are then hidden: what is learned is how a question relates to the
text that answers it. 400 of them, drawn by a fixed seed, are never fitted on; the scores printed
are of those. Vectors are kept in ``--cache``: a run that is stopped goes on where it was.
"""

import argparse
import asyncio
import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.assist.encoder import load_encoder
from services.assist.knowledge.index import FEATURES, VECTOR_FEATURES, Entry, Index, Question
from services.assist.knowledge.lexical import Counts, Vocabulary
from services.assist.knowledge.means import Means
from services.assist.knowledge.passages import split
from services.assist.knowledge.preparing import Preparer, passage_text
from services.assist.knowledge.ranking import Choice
from services.assist.knowledge.vectors import VectorCache
from services.assist.knowledge.words import stems
from services.assist.tokens import PassageText
from services.contracts.knowledge import StoredDocument
from services.kit.settings import Settings

HELD_OUT = 400
SEED = 0
DATE = datetime(2020, 1, 1, tzinfo=UTC)
RIDGE = 1e-4
ENGLISH_QUESTIONS = 600
LIBRARIES = 120
QUESTIONS_EACH = 10
WEIGHTS = Path(__file__).parent.parent / "weights" / "retrieval-fr-en-2.npz"
CUSTOMERS = Path(__file__).parent / "data" / "knowledge_questions.jsonl"
FOLDS = 5
ARTICLES = Path(__file__).parents[2] / "services" / "demo" / "data" / "knowledge.jsonl"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """Candidates of every question: features and whether each is the right one; who is whose."""

    features: list[Floats]
    right: list[NDArray[np.bool_]]

    def __add__(self, other: "Asked") -> "Asked":
        return Asked(self.features + other.features, self.right + other.right)


def read_sheets(path: Path) -> list[StoredDocument]:
    """Return the sheets; their types are left out, as is everything but title and text."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        StoredDocument(
            id=row["id"],
            title=row["title"].strip(),
            text=row["text"],
            language="fr",
            version="1",
            date=DATE,
            revision=1,
        )
        for row in rows
    ]


def questions_of(sheets: Sequence[StoredDocument]) -> tuple[list[int], list[int]]:
    """Return the numbers of the sheets whose titles are questions: to fit on, and held out."""
    asking = [at for at, sheet in enumerate(sheets) if sheet.title.endswith("?")]
    held_out = sorted(random.Random(SEED).sample(asking, HELD_OUT))
    return sorted(set(asking) - set(held_out)), held_out


def without_titles(
    entries: Sequence[Entry], hidden: set[int], vocabulary: Vocabulary, shelf: Sequence[int]
) -> Iterator[tuple[int, Entry]]:
    """Give the entries of ``shelf``, those ``hidden`` as if their document had no title."""
    for number in shelf:
        entry = entries[number]
        if number in hidden:
            lead = stems(passage_text(entry.document, entry.passages[0]), entry.language)
            entry = replace(entry, head=Counts.of(lead, vocabulary), title_vector=None)
        yield number, entry


def ask(
    index: Index, entries: Sequence[Entry], numbers: Sequence[int], places: dict[int, int]
) -> tuple[Asked, Asked]:
    """Ask each sheet's title: all candidates, and those that are left when its sheet is gone.

    ``places`` says where in the index each sheet is.
    """
    asked, gone = Asked([], []), Asked([], [])
    for number in numbers:
        entry = entries[number]
        assert entry.title_vector is not None
        words = tuple(dict.fromkeys(stems(entry.document.title, entry.language)))
        found = index.candidates(Question(words, entry.title_vector, entry.language))
        own = found.entries == places[number]
        asked += Asked([found.features], [own])
        gone += Asked([found.features[~own]], [own[~own]])
    return asked, gone


def fit(asked: Asked, columns: Sequence[int]) -> Choice:
    """Fit a conditional logit with "none of them" whose weights may not be negative."""
    features = [rows[:, columns].astype(np.float64) for rows in asked.features]
    right = [int(own.argmax()) if own.any() else -1 for own in asked.right]
    everything = np.concatenate(features)
    mean, scale = everything.mean(0), everything.std(0) + 1e-9
    rows = (everything - mean) / scale
    sizes = np.array([len(part) for part in features])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = np.zeros(len(rows))
    chosen[[start + own for start, own in zip(starts, right, strict=True) if own >= 0]] = 1

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = parameters[:-1], parameters[-1]
        logits = rows @ weights + bias
        most = np.maximum(np.maximum.reduceat(logits, starts), 0)
        shares = np.exp(logits - np.repeat(most, sizes))
        totals = np.exp(-most) + np.add.reduceat(shares, starts)
        value = (most + np.log(totals)).sum() - logits @ chosen
        error = shares / np.repeat(totals, sizes) - chosen
        slope = np.append(rows.T @ error, error.sum()) / len(sizes)
        slope[:-1] += 2 * RIDGE * weights
        return float(value / len(sizes) + RIDGE * weights @ weights), slope

    start = np.append(np.full(len(columns), 0.1), -3.0)
    bounds = [(0.0, None)] * len(columns) + [(None, None)]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = found[:-1] / scale
    return Choice(weights.astype(np.float32), float(found[-1] - weights @ mean))


def ranks(asked: Asked, judge: Choice, columns: Sequence[int]) -> NDArray[np.int64]:
    """Return how many candidates stand before the right one; 999 when it is none of them.

    Some sheets are there twice, for citizens and for companies: of equals the first stands before.
    """
    found = []
    for features, right in zip(asked.features, asked.right, strict=True):
        order = (-judge.probabilities(features[:, columns])).argsort(kind="stable")
        found.append(int(right[order].argmax()) if right.any() else 999)
    return np.array(found)


def told(place: NDArray[np.int64]) -> str:
    """Return recall at 1, 5, 10 and the mean reciprocal rank in words."""
    recalls = " ".join(f"R@{k} {(place < k).mean():.3f}" for k in (1, 5, 10))
    return f"{recalls} MRR {(1 / (place + 1)).mean():.3f}"


Best = list[tuple[float, bool]]
"""Of each question: the highest probability, and whether that candidate is the right one."""


def best(asked: Asked, judge: Choice, columns: Sequence[int]) -> Best:
    """Return what a card would show for each question."""
    found: Best = []
    for features, right in zip(asked.features, asked.right, strict=True):
        said = judge.probabilities(features[:, columns])
        found.append((float(said.max()), bool(right[said.argmax()])))
    return found


def scaled(judge: Choice, asked: Asked, columns: Sequence[int]) -> Choice:
    """Return ``judge`` as sure as it may be of ``asked``: two numbers, the order stays as it is."""
    logits = [
        (rows[:, columns] @ judge.weights + judge.bias)[:, None].astype(np.float32)
        for rows in asked.features
    ]
    scale = fit(Asked(logits, asked.right), [0])
    factor = float(scale.weights[0])
    return Choice(judge.weights * np.float32(factor), judge.bias * factor + scale.bias)


def crossed(judge: Choice, asked: Asked, columns: Sequence[int]) -> tuple[Best, Best]:
    """Scale by four fifths of the questions, judge the fifth; those with an answer first."""
    fold = np.random.default_rng(SEED).permutation(len(asked.right)) % FOLDS
    answered: Best = []
    none: Best = []
    for number in range(FOLDS):
        known, new = (
            Asked([asked.features[at] for at in which], [asked.right[at] for at in which])
            for which in (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        )
        found = best(new, scaled(judge, known, columns), columns)
        for each, right in zip(found, new.right, strict=True):
            (answered if right.any() else none).append(each)
    return answered, none


def calibration(answered: Best, none: Best) -> Iterator[str]:
    """Give lines on the best candidate's probability: how often is it right, how often shown."""
    everything = np.array([*answered, *none], dtype=np.float64)
    said, right = everything[:, 0], everything[:, 1]
    has = np.arange(len(said)) < len(answered)
    yield f"  {len(answered)} questions with an answer, right first {right[has].mean():.3f}"
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (said >= low) & (said < low + 0.2 + 1e-9)
        if inside.any():
            yield (
                f"  said {low:.1f}-{low + 0.2:.1f}: n {inside.sum()}, "
                f"mean {said[inside].mean():.2f}, right {right[inside].mean():.2f}"
            )
    for bar in (0.4, 0.5, 0.6, 0.7):
        shown = said >= bar
        precision = right[shown].mean() if shown.any() else 0.0
        yield (
            f"  from {bar:.1f}: shown {shown[has].mean():.3f} where a document answers, "
            f"{shown[~has].mean():.3f} where none does; right of those shown {precision:.3f}"
        )


async def mean_vectors(
    cache: VectorCache, data: Path, sheets: Sequence[StoredDocument], fitted: Sequence[int]
) -> dict[str, Floats]:
    """Return the mean vectors of questions and passages in both languages."""
    with gzip.open(data / "banking77" / "train.jsonl.gz", "rt", encoding="utf-8") as rows:
        texts = [json.loads(row)["text"] for row in rows]
    english = random.Random(SEED).sample(texts, ENGLISH_QUESTIONS)
    articles = [
        row["text"]
        for row in map(json.loads, ARTICLES.read_text(encoding="utf-8").splitlines())
        if row["language"] == "en"
    ]
    leads = [PassageText(passage_text(sheet, split(sheet.text)[0])) for sheet in sheets]
    return {
        "question_mean_fr": (await cache.embed([sheets[at].title for at in fitted])).mean(0),
        "question_mean_en": (await cache.embed(english)).mean(0),
        "passage_mean_fr": (await cache.embed(leads, progress)).mean(0),
        "passage_mean_en": (await cache.embed([PassageText(text) for text in articles])).mean(0),
    }


def small_libraries(
    entries: Sequence[Entry], numbers: Sequence[int], vocabulary: Vocabulary, means: Means
) -> tuple[Asked, Asked]:
    """Ask questions of libraries of 20 to 400 sheets, most of which cannot answer them.

    Tenants lend few documents more often than thousands, and confidence must hold there too.
    """
    dice = random.Random(SEED)
    asked, gone = Asked([], []), Asked([], [])
    for _ in range(LIBRARIES):
        theirs = dice.sample(numbers, QUESTIONS_EACH)
        others = dice.sample(range(len(entries)), dice.choice((10, 30, 100, 400)))
        shelf = sorted({*theirs, *others})
        hidden = set(theirs) if dice.random() < 0.5 else set(shelf)
        chosen = [entry for at, entry in without_titles(entries, hidden, vocabulary, shelf)]
        index = Index(chosen, vocabulary, means)
        places = {number: place for place, number in enumerate(shelf)}
        more_asked, more_gone = ask(index, entries, theirs, places)
        asked, gone = asked + more_asked, gone + more_gone
    return asked, gone


async def customers(cache: VectorCache, vocabulary: Vocabulary, means: Means) -> dict[str, Asked]:
    """Ask our own articles what customers would, in their words; by who judges."""
    rows = [json.loads(row) for row in CUSTOMERS.read_text(encoding="utf-8").splitlines()]
    articles = [
        StoredDocument(**json.loads(row), version="1", revision=1)
        for row in ARTICLES.read_text(encoding="utf-8").splitlines()
    ]
    index = Index(await Preparer(cache, vocabulary).prepare(articles), vocabulary, means)
    vectors = await cache.embed([row["question"] for row in rows])
    asked = {"same": Asked([], []), "foreign": Asked([], [])}
    for row, vector in zip(rows, vectors, strict=True):
        words = tuple(dict.fromkeys(stems(row["question"], row["language"])))
        found = index.candidates(Question(words, vector, row["language"]))
        right = np.array([index.entries[at].document.id in row["ids"] for at in found.entries])
        for kind, theirs in (("same", ~found.foreign), ("foreign", found.foreign)):
            asked[kind] += Asked([found.features[theirs]], [right[theirs]])
    return asked


def progress(done: int, total: int) -> None:
    """Show how many texts are encoded."""
    if done % 320 == 0:
        print(f"\r  {done} of {total} texts", end="\n" if done == total else "", flush=True)


async def train(data: Path, cache_dir: Path, out: Path) -> None:
    """Fit, tell the scores and write the ranker."""
    encoder = load_encoder(Settings(data_dir=cache_dir))
    cache = VectorCache(cache_dir, encoder)
    sheets = read_sheets(data / "kb-service-public-fr" / "fiches.jsonl.gz")
    fitted, held_out = questions_of(sheets)
    kept = await mean_vectors(cache, data, sheets, fitted)
    means = Means(
        {"fr": kept["question_mean_fr"], "en": kept["question_mean_en"]},
        {"fr": kept["passage_mean_fr"], "en": kept["passage_mean_en"]},
    )
    vocabulary = Vocabulary()
    entries = await Preparer(cache, vocabulary).prepare(sheets, progress)
    spoken = await customers(cache, vocabulary, means)
    encoder.close()
    asked: dict[str, tuple[Asked, Asked]] = {}
    everything = range(len(entries))
    for name, numbers in (("fitted", fitted), ("held out", held_out)):
        for hidden, what in ((set(everything), "no titles"), (set(numbers), "own title hidden")):
            titled = without_titles(entries, hidden, vocabulary, everything)
            index = Index([entry for _, entry in titled], vocabulary, means)
            asked[f"{name}, {what}"] = ask(index, entries, numbers, {n: n for n in numbers})
        asked[f"{name}, small libraries"] = small_libraries(entries, numbers, vocabulary, means)
    columns = {"same": list(range(len(FEATURES))), "foreign": list(VECTOR_FEATURES)}
    for kind, which in columns.items():
        learnt = Asked([], [])
        for name, (present, gone) in asked.items():
            if name.startswith("fitted"):
                learnt = learnt + present + gone
        judge = fit(learnt, which)
        for name, (present, gone) in asked.items():
            if name.startswith("held out"):
                print(f"{kind}, {name}: {told(ranks(present, judge, which))}")
                print("\n".join(calibration(best(present, judge, which), best(gone, judge, which))))
        print(f"{kind}, customers' words, scaled by five-fold cross-validation:")
        print("\n".join(calibration(*crossed(judge, spoken[kind], which))))
        judge = scaled(judge, spoken[kind], which)
        kept[f"{kind}_weights"] = judge.weights
        kept[f"{kind}_bias"] = np.array(judge.bias, dtype=np.float32)
        print(kind, dict(zip([FEATURES[c] for c in which], judge.weights.round(3), strict=True)))
    np.savez(out, allow_pickle=False, **kept)
    print(f"wrote {out}")


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory of the data sets")
    parser.add_argument("--cache", type=Path, required=True, help="where vectors are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    asyncio.run(train(given.data, given.cache, given.out))


if __name__ == "__main__":
    main()
