"""Compares ways to learn a tenant's intents: ``python -m models.train.compare_intents --data DIR``.

``DIR`` holds ``banking77/train.jsonl.gz`` (rows ``text``, ``intent``). Fifteen texts of each intent
are scored, never learnt from; the shots are drawn from the others, twelve times. Prints a Markdown
table: accuracy in per cent, mean of the draws (least, most). Embedding takes about a minute of CPU,
once.
"""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import load_encoder
from services.assist.heads.centring import Vectors, unit
from services.assist.heads.kernel_ridge import RIDGE, kernel
from services.assist.heads.labelled_rows import Rows, scaling
from services.evaluation.rows import read_rows
from services.kit.settings import Settings

DEV = 15
DRAWS = 12

Places = NDArray[np.int64]
Way = Callable[["Problem"], NDArray[np.float64]]


class Problem:
    """One draw: what is learnt from, what is asked, and the names of the labels.

    ``learnt`` and ``asked`` are centred embeddings (rows, 384); ``owners`` the label of each row
    learnt; ``names`` the embeddings (labels, 384) of the labels' names, centred likewise.
    """

    def __init__(
        self, table: Vectors, texts: list[str], owners: Places, learnt: Places, asked: Places
    ) -> None:
        labels = int(owners.max()) + 1
        own = table[learnt]
        centre = np.mean([own[owners[learnt] == label].mean(0) for label in range(labels)], axis=0)
        self.owners = owners[learnt]
        self.learnt, self.asked = unit(own - centre), unit(table[asked] - centre)
        self.names = unit(table[len(texts) - labels :] - centre)
        self.texts = [texts[place] for place in learnt]
        self.asked_texts = [texts[place] for place in asked]
        self.labels = labels

    def named(self) -> "Problem":
        """Return the problem with each label's name as one more example."""
        more = Problem.__new__(Problem)
        more.__dict__.update(self.__dict__)
        more.learnt = np.concatenate([self.learnt, self.names])
        more.owners = np.concatenate([self.owners, np.arange(self.labels)])
        return more

    def scaled(self) -> "Problem":
        """Return the problem with the directions shrunk in which paraphrases differ."""
        order = np.argsort(self.owners, kind="stable")
        rows = Rows(self.learnt[order], self.owners[order], order.tolist(), self.labels)
        shrunk = scaling(rows)
        less = Problem.__new__(Problem)
        less.__dict__.update(self.__dict__)
        less.learnt, less.asked = unit(self.learnt @ shrunk), unit(self.asked @ shrunk)
        return less


def nearest(problem: Problem) -> NDArray[np.float64]:
    """Score a label by the likeness of its nearest example."""
    likeness = problem.asked @ problem.learnt.T
    return np.stack(
        [likeness[:, problem.owners == label].max(1) for label in range(problem.labels)], axis=1
    )


def prototype(problem: Problem) -> NDArray[np.float64]:
    """Score a label by the likeness of the mean of its examples."""
    means = [problem.learnt[problem.owners == label].mean(0) for label in range(problem.labels)]
    return np.asarray(problem.asked @ unit(np.stack(means)).T)


def logistic(problem: Problem) -> NDArray[np.float64]:
    """Score by multinomial logistic regression, as the head was before."""
    model = LogisticRegression(C=10.0, max_iter=200, tol=1e-3)
    model.fit(problem.learnt, problem.owners)
    return np.asarray(model.predict_proba(problem.asked))


def ridge(problem: Problem) -> NDArray[np.float64]:
    """Score by kernel ridge regression."""
    gram = kernel(problem.learnt @ problem.learnt.T) + RIDGE * np.eye(len(problem.learnt))
    duals = np.linalg.solve(gram, np.eye(problem.labels)[problem.owners])
    return np.asarray(kernel(problem.asked @ problem.learnt.T) @ duals)


def lexical(problem: Problem) -> NDArray[np.float64]:
    """Score by kernel ridge regression, the kernel plus a tenth of TF-IDF of letters' 3-5-grams."""
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    learnt = grams.fit_transform(problem.texts)
    asked = grams.transform(problem.asked_texts)
    gram = kernel(problem.learnt @ problem.learnt.T) + 0.1 * (learnt @ learnt.T).toarray()
    duals = np.linalg.solve(
        gram + RIDGE * np.eye(len(gram)), np.eye(problem.labels)[problem.owners]
    )
    seen = kernel(problem.asked @ problem.learnt.T) + 0.1 * (asked @ learnt.T).toarray()
    return np.asarray(seen @ duals)


WAYS: dict[str, Way] = {
    "nearest example": nearest,
    "prototype": prototype,
    "logistic regression (before)": logistic,
    "logistic regression + names": lambda problem: logistic(problem.named()),
    "kernel ridge": ridge,
    "kernel ridge + letters' TF-IDF": lexical,
    "kernel ridge + scaling": lambda problem: ridge(problem.scaled()),
    "kernel ridge + names": lambda problem: ridge(problem.named()),
    "kernel ridge + names + scaling (live)": lambda problem: ridge(problem.named().scaled()),
}


async def embedded(texts: list[str], cache: Path) -> Vectors:
    """Return the embeddings of ``texts``."""
    encoder = load_encoder(Settings())
    try:
        return await EmbeddingCache(cache).embed(encoder, texts)
    finally:
        encoder.close()


def drawn(owners: Places, dice: np.random.Generator, most: int) -> Places:
    """Return ``most`` places of each label."""
    places = [dice.permutation(np.flatnonzero(owners == label))[:most] for label in set(owners)]
    return np.sort(np.concatenate(places))


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(prog="python -m models.train.compare_intents")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Settings().data_dir / "embeddings/evaluation")
    parser.add_argument("--shots", type=int, nargs="+", default=[3, 10])
    given = parser.parse_args()
    rows = read_rows([given.data / "banking77" / "train.jsonl.gz"])
    labels = sorted({row.text("intent") for row in rows})
    owners = np.array([labels.index(row.text("intent")) for row in rows])
    texts = [row.text("text") for row in rows] + [name.replace("_", " ") for name in labels]
    table = asyncio.run(embedded(texts, given.cache))
    asked = drawn(owners, np.random.default_rng(0), DEV)
    left = np.setdiff1d(np.arange(len(owners)), asked)
    print(f"| way | {' | '.join(f'{shots}-shot' for shots in given.shots)} |")
    print(f"|---{'|---' * len(given.shots)}|")
    problems = [
        [
            Problem(table, texts, owners, left[drawn(owners[left], dice, shots)], asked)
            for dice in map(np.random.default_rng, range(1, DRAWS + 1))
        ]
        for shots in given.shots
    ]
    for name, way in WAYS.items():
        told = []
        for draws in problems:
            right = [100 * np.mean(way(one).argmax(1) == owners[asked]) for one in draws]
            told.append(f"{np.mean(right):.1f} ({min(right):.1f}, {max(right):.1f})")
        print(f"| {name} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
