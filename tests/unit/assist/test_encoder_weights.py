"""The reader of ONNX initialisers, and that the trimmed vocabulary splits words as the full one."""

import json
from pathlib import Path

import numpy as np
import pytest

from services.assist.encoder import branch_file, onnx_session
from services.assist.onnx_weights import read_weights, with_output
from services.assist.tokens import TurnTokenizer
from tests.fakes.encoders import WEIGHTS, shipped_files

EXPECTED = Path(__file__).with_name("expected_tokens.json")


def test_the_weights_come_back_as_bert_names_them() -> None:
    weights = read_weights(shipped_files()[0])
    assert weights["embeddings.word_embeddings.weight"].shape == (50_059, 384)
    assert weights["encoder.layer.11.output.dense.weight"].shape == (384, 1536)
    assert weights["encoder.layer.0.intermediate.dense.weight"].shape == (1536, 384)
    assert len(weights) == 5 + 12 * 16
    assert all(array.dtype == np.float32 for array in weights.values())
    assert all(np.isfinite(array).all() for array in weights.values())


def test_the_branch_has_the_upper_layers_only() -> None:
    weights = read_weights(branch_file(WEIGHTS))
    assert {name.split(".")[2] for name in weights} == {"9", "10", "11"}
    assert len(weights) == 3 * 16


def test_a_graph_gives_one_more_output_and_the_others_unchanged() -> None:
    model, _ = shipped_files()
    name = onnx_session(branch_file(WEIGHTS)).get_inputs()[0].name
    ids = np.array([[0, 41, 1294, 12, 2]], dtype=np.int64)
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    more = onnx_session(with_output(model.read_bytes(), name))
    assert [output.name for output in more.get_outputs()][-1] == name
    states, embedding, inner = more.run(None, feed)
    plain_states, plain_embedding = onnx_session(model).run(None, feed)
    assert np.array_equal(states, plain_states)
    assert np.array_equal(embedding, plain_embedding)
    assert inner.shape == states.shape
    assert not np.allclose(inner, states)


def test_padding_is_not_read() -> None:
    session = onnx_session(shipped_files()[0])
    short, long = [0, 41, 1294, 12, 2], [0, 700, 41, 900, 12, 5_000, 33, 8_000, 9, 77, 610, 2]
    ids = np.ones((2, len(long)), dtype=np.int64)
    ids[0, : len(short)], ids[1] = short, long
    mask = np.ones_like(ids)
    _, unmasked = session.run(None, {"input_ids": ids, "attention_mask": mask})
    mask[0, len(short) :] = 0
    _, masked = session.run(None, {"input_ids": ids, "attention_mask": mask})
    alone = np.array([short], dtype=np.int64)
    _, [expected] = session.run(None, {"input_ids": alone, "attention_mask": np.ones_like(alone)})
    # Not the same: the activations of a batch share one int8 scale.
    assert masked[0] @ expected > 0.995
    assert unmasked[0] @ expected < 0.99


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
