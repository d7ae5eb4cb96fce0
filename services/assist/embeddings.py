"""Embeddings of a playbook's examples kept on disk, so that a second start is fast."""

import asyncio
import hashlib
import io
import logging
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.assist.encoder import DIMENSIONS, Encoder

log = logging.getLogger(__name__)

MAX_ROWS = 50_000
"""Older rows go when there are more (77 MB)."""


class EmbeddingCache:
    """One file per encoder: SHA-256 digests of texts (never the texts) and their embeddings."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = asyncio.Lock()

    async def embed(self, encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of ``texts``, float32 (texts, 384), encoding those not yet kept."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        keys = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
        path = self._path(encoder.name)
        known = await asyncio.to_thread(_read, path)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            log.info("reading %d new examples of the playbook, once", len(missing))
            # Outside the lock: a playbook with many new examples does not hold up other tenants.
            encodings = await encoder.encode(list(missing.values()))
            new = {
                key: encoding.embedding for key, encoding in zip(missing, encodings, strict=True)
            }
            known |= new
            async with self._lock:
                await asyncio.to_thread(_add, path, new)
        return np.stack([known[key] for key in keys])

    def _path(self, encoder_name: str) -> Path:
        return self._directory / f"{re.sub(r'[^A-Za-z0-9.-]', '_', encoder_name)}.npz"


def _read(path: Path) -> dict[bytes, NDArray[np.float32]]:
    try:
        # From memory: numpy leaves the file open when it is damaged.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}  # not there, or cut short: the examples are encoded afresh
    if vectors.dtype != np.float32 or vectors.shape != (len(keys), DIMENSIONS):
        return {}
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}


def _add(path: Path, new: dict[bytes, NDArray[np.float32]]) -> None:
    _write(path, _read(path) | new)


def _write(path: Path, known: dict[bytes, NDArray[np.float32]]) -> None:
    rows = list(known.items())[-MAX_ROWS:]
    keys = np.frombuffer(b"".join(key for key, _ in rows), dtype=np.uint8).reshape(len(rows), 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(temporary, keys=keys, vectors=np.stack([vector for _, vector in rows]))
    temporary.replace(path)
