"""Vectors of passages kept on disk by the digest of their text: none is ever worked out twice."""

import asyncio
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import DIMENSIONS, Encoder
from services.assist.tokens import PassageText

Progress = Callable[[int, int], None]
"""Told (done, total), in texts."""

AT_ONCE = 32
"""Texts encoded between two writes: what a killed import loses, about a second's work."""

_DIGEST_BYTES = 32
_VECTOR_BYTES = 2 * DIMENSIONS


class VectorCache:
    """Two files that only grow: SHA-256 digests (never the texts), and vectors in float16.

    Several processes may share the directory: they append under a lock, and an append that was cut
    short is cut off by the next one. A passage that changes leaves its old row behind (800 bytes);
    whoever wants the room back deletes the files, which are made again.
    """

    def __init__(self, directory: Path, encoder: Encoder) -> None:
        name = re.sub(r"[^A-Za-z0-9.-]", "_", encoder.name)
        self._keys = directory / f"{name}.keys"
        self._vectors = directory / f"{name}.f16"
        self._encoder = encoder
        self._places: dict[bytes, int] = {}

    async def embed(
        self, texts: Sequence[str], progress: Progress = lambda done, total: None
    ) -> NDArray[np.float32]:
        """Return the vectors of ``texts``, float32 (texts, 384), encoding those not yet kept."""
        keys = [_digest(text) for text in texts]
        if any(key not in self._places for key in keys):
            await asyncio.to_thread(self._reread)
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._places}
        left = list(missing.items())
        for start in range(0, len(left), AT_ONCE):
            progress(len(texts) - len(left) + start, len(texts))
            batch = left[start : start + AT_ONCE]
            encodings = await self._encoder.encode([text for _, text in batch])
            vectors = np.stack([encoding.embedding for encoding in encodings])
            await asyncio.to_thread(self._append, [key for key, _ in batch], vectors)
        progress(len(texts), len(texts))
        return await asyncio.to_thread(self._read, keys)

    def _reread(self) -> None:
        try:
            digests = self._keys.read_bytes()
            rows = min(len(digests) // _DIGEST_BYTES, self._vectors.stat().st_size // _VECTOR_BYTES)
        except FileNotFoundError:
            rows, digests = 0, b""
        self._places = {
            digests[row * _DIGEST_BYTES : (row + 1) * _DIGEST_BYTES]: row for row in range(rows)
        }

    def _append(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        self._keys.parent.mkdir(parents=True, exist_ok=True)
        with self._keys.open("ab") as digests, self._vectors.open("ab") as rows:
            fcntl.flock(digests, fcntl.LOCK_EX)
            # Both sizes as they are now: another process may have written.
            whole = min(_size(digests) // _DIGEST_BYTES, _size(rows) // _VECTOR_BYTES)
            os.ftruncate(digests.fileno(), whole * _DIGEST_BYTES)
            os.ftruncate(rows.fileno(), whole * _VECTOR_BYTES)
            rows.write(vectors.astype(np.float16).tobytes())
            rows.flush()
            digests.write(b"".join(keys))
            digests.flush()
        if whole == len(self._places):
            self._places.update((key, whole + place) for place, key in enumerate(keys))
        else:
            self._reread()

    def _read(self, keys: Sequence[bytes]) -> NDArray[np.float32]:
        if not keys:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        kept = np.memmap(self._vectors, dtype=np.float16, mode="r").reshape(-1, DIMENSIONS)
        return np.asarray(kept[[self._places[key] for key in keys]], dtype=np.float32)


def _digest(text: str) -> bytes:
    kind = b"passage" if isinstance(text, PassageText) else b"query"
    return hashlib.sha256(kind + b"\0" + text.encode("utf-8", "replace")).digest()


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size
