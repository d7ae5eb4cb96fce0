"""The reader of ONNX initialisers, and that the trimmed vocabulary splits words as the full one."""

import json
from pathlib import Path

import numpy as np
import pytest

from services.assist.onnx_weights import read_weights
from services.assist.tokens import TurnTokenizer
from tests.fakes.encoders import shipped_files

EXPECTED = Path(__file__).with_name("expected_tokens.json")


def test_the_weights_come_back_as_bert_names_them() -> None:
    weights = read_weights(shipped_files()[0])
    assert weights["embeddings.word_embeddings.weight"].shape == (50_059, 384)
    assert weights["encoder.layer.11.output.dense.weight"].shape == (384, 1536)
    assert weights["encoder.layer.0.intermediate.dense.weight"].shape == (1536, 384)
    assert len(weights) == 5 + 12 * 16
    assert all(array.dtype == np.float32 for array in weights.values())
    assert all(np.isfinite(array).all() for array in weights.values())


@pytest.mark.parametrize("content", [b"", b"not an onnx file", b"\x3a\x02\x2a\x00"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"ONNX|models\.convert"):
        read_weights(path)


def test_unseen_words_are_split_as_with_the_full_vocabulary() -> None:
    expected: dict[str, list[str]] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    tokenizer = TurnTokenizer(shipped_files()[1])
    words = same = 0
    for text, pieces in expected.items():
        full, trimmed = words_of(pieces), words_of(tokenizer.pieces(text))
        words += len(full)
        same += sum(a == b for a, b in zip(full, trimmed, strict=True))
    assert words > 2_500
    assert same / words >= 0.999


def words_of(pieces: list[str]) -> list[str]:
    """Return each word as its pieces, joined by bars."""
    return "|".join(pieces).split("\u2581")[1:]
