"""Embeddings on disk: kept, shared, rebuilt when damaged, and never with the texts in them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoding
from tests.fakes.encoders import shipped_encoder


class CountingEncoder:
    """The shipped encoder, counting what it is asked."""

    def __init__(self, name: str = "") -> None:
        self.name = name or shipped_encoder().name
        self.asked: list[str] = []

    async def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.asked += texts
        return await shipped_encoder().encode(texts)

    def close(self) -> None:
        pass


def only_file(directory: Path) -> Path:
    [file] = directory.iterdir()
    return file


async def test_a_second_start_encodes_only_what_is_new(tmp_path: Path) -> None:
    first, second = CountingEncoder(), CountingEncoder()
    before = await EmbeddingCache(tmp_path).embed(first, ["oui", "non", "oui"])
    after = await EmbeddingCache(tmp_path).embed(second, ["non", "peut-être", "oui"])
    assert first.asked == ["oui", "non"]
    assert second.asked == ["peut-être"]
    assert np.array_equal(before[0], before[2])
    assert np.array_equal(after[[2, 0]], before[:2])


async def test_another_encoder_has_its_own_embeddings(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    await cache.embed(CountingEncoder("a@sha256:1"), ["oui"])
    other = CountingEncoder("b@sha256:2")
    await cache.embed(other, ["oui"])
    assert other.asked == ["oui"]


async def test_a_damaged_file_is_rebuilt(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    good = await cache.embed(CountingEncoder(), ["oui"])
    file = only_file(tmp_path)
    file.write_bytes(file.read_bytes()[:200])
    again = CountingEncoder()
    assert np.array_equal(await cache.embed(again, ["oui"]), good)
    assert again.asked == ["oui"]


async def test_the_file_holds_no_text(tmp_path: Path) -> None:
    await EmbeddingCache(tmp_path).embed(CountingEncoder(), ["Camille Durand"])
    file = only_file(tmp_path)
    assert b"Camille" not in file.read_bytes()


async def test_no_texts_no_work(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    assert (await EmbeddingCache(tmp_path).embed(encoder, [])).shape == (0, 384)
    assert encoder.asked == []
