"""Hidden states of the frozen lower layers for every training text, computed once and kept on disk.

They come from the int8 graph that is shipped, so the branch is trained on what it will be given.
"""

import fcntl
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from models.train.fusion import layer_output
from services.assist.tokens import TurnTokenizer

HIDDEN = 384
MAX_TOKENS = 128
"""Longer training texts keep their beginning and end, like turns above the encoder's limit."""

_REPORT_S = 10.0
_INDEX = np.dtype([("digest", "S16"), ("start", "<i8"), ("length", "<i4")])


class StateStore:
    """Token states above some layers, and embeddings, of any number of texts; grows as asked.

    The files are ``index.bin``, ``embeddings.f32`` and one ``states-LAYER.f16`` per layer. The
    index is written last, so a run that is cut short is taken up where it stopped.
    """

    def __init__(self, directory: Path, layers: Sequence[int]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.layers = tuple(layers)
        self._places: dict[bytes, tuple[int, int, int]] = {}
        self._rows = self._tokens = 0
        self._read_index()

    def add(self, texts: Sequence[str], model: Path, tokenizer: Path, label: str) -> None:
        """Compute what is missing, one text at a time as the live service does; prints progress."""
        with (self._directory / "lock").open("w") as lock:
            # Two runs that write at once would write over each other.
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read_index()
            self._add(
                [t for t in dict.fromkeys(texts) if _digest(t) not in self._places],
                model,
                tokenizer,
                label,
            )

    def _add(self, missing: list[str], model: Path, tokenizer: Path, label: str) -> None:
        if not missing:
            return
        session, tokens = _session(model, self.layers), TurnTokenizer(tokenizer)
        started = reported = time.monotonic()
        for first in range(0, len(missing), 256):
            self._append(missing[first : first + 256], session, tokens)
            now, done = time.monotonic(), min(first + 256, len(missing))
            if now - reported > _REPORT_S or done == len(missing):
                left = (now - started) / done * (len(missing) - done)
                print(f"states of {label}: {done}/{len(missing)}, {left:.0f} s left", flush=True)
                reported = now

    def states(self, layer: int) -> NDArray[np.float16]:
        """Return all states above ``layer``, (tokens of all texts, 384), mapped from disk."""
        path = self._directory / f"states-{layer}.f16"
        return np.memmap(path, np.float16, "r", shape=(self._tokens, HIDDEN))

    def places(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return (texts, 2): the first token of each text and how many it has."""
        found = [self._places[_digest(text)][1:] for text in texts]
        return np.array(found, dtype=np.int64).reshape(len(texts), 2)

    def embeddings(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the frozen embeddings, (texts, 384)."""
        path = self._directory / "embeddings.f32"
        table = np.memmap(path, np.float32, "r", shape=(self._rows, HIDDEN))
        return np.asarray(table[[self._places[_digest(text)][0] for text in texts]])

    def _append(
        self, texts: list[str], session: onnxruntime.InferenceSession, tokens: TurnTokenizer
    ) -> None:
        rows: list[list[NDArray[np.float16]]] = [[] for _ in self.layers]
        embeddings, index, start = [], [], self._tokens
        for text in texts:
            ids = tokens.tokenize(text).ids
            if len(ids) > MAX_TOKENS:
                ids = ids[: MAX_TOKENS // 2] + ids[-MAX_TOKENS // 2 :]
            table = np.array([ids], dtype=np.int64)
            feed = {"input_ids": table, "attention_mask": np.ones_like(table)}
            embedding, *states = session.run(None, feed)
            embeddings.append(embedding[0])
            for column, state in zip(rows, states, strict=True):
                column.append(state[0].astype(np.float16))
            index.append((_digest(text), start, len(ids)))
            start += len(ids)
        for layer, column in zip(self.layers, rows, strict=True):
            self._write(f"states-{layer}.f16", np.concatenate(column), self._tokens)
        self._write("embeddings.f32", np.stack(embeddings), self._rows)
        self._write("index.bin", np.array(index, dtype=_INDEX), self._rows)
        self._read_index()

    def _write(self, name: str, rows: NDArray[np.generic], after: int) -> None:
        path = self._directory / name
        path.touch()
        with path.open("r+b") as file:
            file.seek(after * rows[:1].nbytes)
            file.write(rows.tobytes())

    def _read_index(self) -> None:
        path = self._directory / "index.bin"
        if path.exists():
            raw = path.read_bytes()
            rows = np.frombuffer(raw[: len(raw) // _INDEX.itemsize * _INDEX.itemsize], _INDEX)
            self._places = {
                digest.ljust(16, b"\0"): (number, int(start), int(length))
                for number, (digest, start, length) in enumerate(rows.tolist())
            }
            self._rows = len(rows)
            self._tokens = int(rows["start"][-1] + rows["length"][-1]) if len(rows) else 0


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]


def _session(model: Path, layers: Sequence[int]) -> onnxruntime.InferenceSession:
    graph = onnx.load(model)
    del graph.graph.output[:]
    graph.graph.output.append(onnx.helper.make_tensor_value_info("embedding", 1, None))
    for layer in layers:
        info = onnx.helper.make_tensor_value_info(layer_output(layer), 1, None)
        graph.graph.output.append(info)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
