"""Vectors on disk: encoded once, shared by processes, whole again after an append cut short."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.assist.encoder import DIMENSIONS, Encoding
from services.assist.knowledge.vectors import AT_ONCE, VectorCache
from services.assist.tokens import PassageText


class CountingEncoder:
    """A vector per text, told apart by its first component."""

    name = "counting@1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.texts += texts
        vectors = [np.full(DIMENSIONS, len(text), dtype=np.float32) for text in texts]
        return [Encoding(v, v[None], np.zeros((1, 2), dtype=np.int32)) for v in vectors]

    def close(self) -> None:
        pass


async def test_each_text_is_encoded_once_whoever_asks(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    one, other = VectorCache(tmp_path, encoder), VectorCache(tmp_path, encoder)
    texts = ["x" * n for n in range(1, AT_ONCE + 4)]
    told: list[tuple[int, int]] = []
    first = await one.embed(texts, lambda done, total: told.append((done, total)))
    assert first[:, 0].tolist() == [len(text) for text in texts]
    assert told == [(0, len(texts)), (AT_ONCE, len(texts)), (len(texts), len(texts))]
    # Another process that had opened the directory before: nothing is encoded again.
    again = await other.embed([*reversed(texts), "y" * 99])
    assert again[:, 0].tolist() == [*(len(text) for text in reversed(texts)), 99]
    assert (await one.embed(["y" * 99]))[0, 0] == 99
    assert encoder.texts == [*texts, "y" * 99]


async def test_a_passage_and_a_question_of_the_same_words_are_two(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    await VectorCache(tmp_path, encoder).embed(["texte", PassageText("texte"), "texte"])
    assert encoder.texts == ["texte", "texte"]
    assert [isinstance(text, PassageText) for text in encoder.texts] == [False, True]


def cut_short(folder: Path) -> None:
    [vectors] = folder.glob("*.f16")
    [keys] = folder.glob("*.keys")
    with vectors.open("ab") as file:
        file.write(b"half a row")
    with keys.open("r+b") as file:
        file.truncate(32 + 7)


async def test_an_append_cut_short_is_cut_off(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    await VectorCache(tmp_path, encoder).embed(["a", "bb"])
    cut_short(tmp_path)
    cache = VectorCache(tmp_path, encoder)
    found = await cache.embed(["ccc", "a", "bb"])
    assert found[:, 0].tolist() == [3, 1, 2]
    assert encoder.texts == ["a", "bb", "ccc", "bb"]
    assert (await VectorCache(tmp_path, encoder).embed(["bb", "a"]))[:, 0].tolist() == [2, 1]
    assert len(encoder.texts) == 4


async def test_nothing_to_embed_touches_nothing(tmp_path: Path) -> None:
    assert (await VectorCache(tmp_path / "new", CountingEncoder()).embed([])).shape == (0, 384)
    assert not (tmp_path / "new").exists()
