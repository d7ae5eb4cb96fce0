"""The text encoder: one pass gives a text's embedding and the states of its tokens.

There are two views of a text. The frozen one is what playbooks, intents and passages are compared
in, and never changes. The tuned one branches off half way up and is what the trained heads read.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.assist.onnx_weights import with_output
from services.assist.tokens import PAD_ID, Tokens, TurnTokenizer
from services.assist.workers import Workers
from services.kit.errors import InvalidInput
from services.kit.modelstore import digest, locate
from services.kit.settings import Settings

MODEL = "encoder-fr-en"
"""Name of the encoder in the manifest."""

TUNED = "tuned-fr-en"
"""Name of the branch that gives the tuned view."""

DIMENSIONS = 384

Places = tuple[tuple[int, int], ...]
"""(start, end) of some parts of a text, in code points, the end exclusive."""

T = TypeVar("T")

_BATCH_TOKENS = 512
"""Bulk work goes in small batches, so that a live turn never waits for long."""


@dataclass(frozen=True)
class Encoding:
    """What the encoder read in one text of which ``tokens`` pieces were kept.

    Attributes:
        embedding: float32 (384,), the L2-normalised mean of the token states.
        token_states: float32 (tokens, 384), special tokens and prefix included.
        offsets: int32 (tokens, 2), code points of the text that each token stands for, the end
            exclusive; (0, 0) for special tokens and the prefix.
        truncated: whether the middle of the text was left out because it was too long.
        tuned_states: float32 (tokens, 384), the tuned view of the same tokens; ``None`` unless it
            was asked for.
    """

    embedding: NDArray[np.float32]
    token_states: NDArray[np.float32]
    offsets: NDArray[np.int32]
    truncated: bool = False
    tuned_states: NDArray[np.float32] | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, made once for each ``key``: heads share what they work out.

        The key must name all that the result depends on besides this text.
        """
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def rows(self, places: Places) -> NDArray[np.float32]:
        """Return (1 + places, 384): the embedding, then ``span`` of each place; made once."""
        return self.once(("rows", places), lambda: self._frozen_rows(places))

    def both_rows(self, places: Places) -> NDArray[np.float32]:
        """Return (1 + places, 768): the tuned view of each of ``rows``, and the row; made once.

        Raises:
            ValueError: when the text was encoded without its tuned view.
        """
        return self.once(("both", places), lambda: self._both_rows(places))

    @property
    def both(self) -> NDArray[np.float32]:
        """The tuned vector and the frozen embedding side by side, float32 (768,).

        Raises:
            ValueError: when the text was encoded without its tuned view.
        """
        return np.asarray(self.both_rows(())[0])

    def span(self, start: int, end: int) -> NDArray[np.float32]:
        """Return the normalised mean, float32 (384,), of the tokens that overlap [start, end).

        A span that no token stands for (white space, or what truncation left out) gives the
        embedding of the whole text.
        """
        return np.asarray(self.rows(((start, end),))[1])

    def _frozen_rows(self, places: Places) -> NDArray[np.float32]:
        if not places:
            return self.embedding[None]
        rows = np.empty((1 + len(places), len(self.embedding)), dtype=np.float32)
        rows[0], sums = self.embedding, rows[1:]
        np.matmul(self._inside(places), self.token_states, out=sums)
        norms = np.sqrt(np.add.reduce(sums * sums, axis=1))
        sums /= np.maximum(norms, 1e-9)[:, None]
        if not norms.all():
            sums[norms == 0] = self.embedding
        return rows

    def _both_rows(self, places: Places) -> NDArray[np.float32]:
        if self.tuned_states is None:
            msg = "no tuned view of this text: ask for it with encode(texts, tuned=True)"
            raise ValueError(msg)
        width = len(self.embedding)
        rows = np.empty((1 + len(places), 2 * width), dtype=np.float32)
        tuned = rows[:, :width]
        tuned[0] = np.add.reduce(self.tuned_states) / len(self.tuned_states)
        if places:
            inside = self._inside(places)
            counts = np.add.reduce(inside, axis=1)
            tuned[1:] = inside @ self.tuned_states / np.maximum(counts, 1)[:, None]
            if not counts.all():
                tuned[1:][counts == 0] = tuned[0]
        rows[:, width:] = self.rows(places)
        return rows

    def _inside(self, places: Places) -> NDArray[np.float32]:
        """Return (places, tokens): 1 where a token overlaps a place."""
        return self.once(("inside", places), lambda: self._overlaps(places))

    def _overlaps(self, places: Places) -> NDArray[np.float32]:
        starts, ends = self.offsets[:, 0], self.offsets[:, 1]
        bounds = np.array(places)
        inside = (ends > bounds[:, :1]) & (starts < bounds[:, 1:]) & (ends > starts)
        return inside.astype(np.float32)


class Encoder(Protocol):
    """Texts in, encodings out; safe to call from many tasks at once."""

    @property
    def name(self) -> str:
        """Name, version and digest of the weights: what a stored embedding depends on."""

    async def encode(self, texts: Sequence[str], *, tuned: bool = False) -> list[Encoding]:
        """Return one encoding per text, in order; never blocks the event loop.

        ``tuned`` adds the tuned view, which costs a third more: turns need it, examples do not.
        """

    async def read(self, text: str, reader: Callable[[Encoding], T]) -> T:
        """Return what ``reader`` makes of ``text`` and its tuned view; never blocks the event loop.

        Both are made in the same worker: nothing of it holds up the loop or waits for a second one.
        """

    def close(self) -> None:
        """Stop the worker threads."""


Forward = Callable[[NDArray[np.int64], NDArray[np.int64], bool], tuple[Any, Any, Any]]
"""(ids, mask), both (batch, tokens), and whether the tuned view is wanted, to states (batch,
tokens, 384), embeddings (batch, 384) and tuned states like the states (or ``None``)."""


class ThreadedEncoder:
    """Tokenisation, batching and worker threads around a backend's forward pass."""

    def __init__(
        self,
        name: str,
        tokenizer: TurnTokenizer,
        forward: Forward,
        *,
        workers: int,
        batch_texts: int,
    ) -> None:
        self._name = name
        self._batch_texts = batch_texts
        self._tokenizer = tokenizer
        self._forward = forward
        self._workers = workers
        self._threads = Workers(workers, "encoder")

    @property
    def name(self) -> str:
        return self._name

    def close(self) -> None:
        self._threads.close()

    async def encode(self, texts: Sequence[str], *, tuned: bool = False) -> list[Encoding]:
        if not texts:
            return []
        if len(texts) == 1:
            return [await self._threads.run(self._encode_one, texts[0], tuned)]
        tokens = await self._threads.run(self._tokenize, tuple(texts))
        encodings: list[Encoding | None] = [None] * len(texts)
        # No more batches queued than there are workers, so a live turn waits for one at most.
        turnstile = asyncio.Semaphore(self._workers)

        async def encode_batch(batch: tuple[int, ...]) -> None:
            async with turnstile:
                rows = [tokens[index] for index in batch]
                results = await self._threads.run(self._encode_batch, rows, tuned)
            for index, result in zip(batch, results, strict=True):
                encodings[index] = result

        async with asyncio.TaskGroup() as group:
            for batch in batches([len(row.ids) for row in tokens], self._batch_texts):
                group.create_task(encode_batch(batch))
        return [encoding for encoding in encodings if encoding is not None]

    async def read(self, text: str, reader: Callable[[Encoding], T]) -> T:
        def work() -> T:
            return reader(self._encode_one(text, tuned=True))

        return await self._threads.run(work)

    def _tokenize(self, texts: tuple[str, ...]) -> list[Tokens]:
        return [self._tokenizer.tokenize(text) for text in texts]

    def _encode_one(self, text: str, tuned: bool) -> Encoding:
        tokens = self._tokenizer.tokenize(text)
        ids = np.array([tokens.ids], dtype=np.int64)
        states, embeddings, seen = self._forward(ids, np.ones_like(ids), tuned)
        view = None if seen is None else seen[0]
        return Encoding(embeddings[0], states[0], tokens.offsets, tokens.truncated, view)

    def _encode_batch(self, rows: list[Tokens], tuned: bool) -> list[Encoding]:
        width = max(len(row.ids) for row in rows)
        ids = np.full((len(rows), width), PAD_ID, dtype=np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row.ids)] = row.ids
            mask[number, : len(row.ids)] = 1
        states, embeddings, seen = self._forward(ids, mask, tuned)
        return [
            # A copy, or one short text would keep the whole batch in memory.
            Encoding(
                embeddings[number].copy(),
                states[number, : len(row.ids)].copy(),
                row.offsets,
                row.truncated,
                None if seen is None else seen[number, : len(row.ids)].copy(),
            )
            for number, row in enumerate(rows)
        ]


def batches(lengths: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    """Group at most ``most`` indices of similar ``lengths`` (in tokens), so little is padded."""
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    batch: list[int] = []
    for index in order:
        # Sorted, so the newcomer is the longest of the batch.
        if batch and (len(batch) == most or (len(batch) + 1) * lengths[index] > _BATCH_TOKENS):
            yield tuple(batch)
            batch = []
        batch.append(index)
    if batch:
        yield tuple(batch)


def onnx_encoder(
    model: Path, tokenizer: Path, *, name: str, workers: int, branch: Path | None = None
) -> ThreadedEncoder:
    """Return the encoder on onnxruntime: ``workers`` texts at a time, one thread for each.

    One session serves all workers (a session may run in many threads at once), so more workers
    cost no memory for weights. Two one-thread runs side by side beat one two-thread run. Without
    ``branch`` there is no tuned view.

    Texts are never batched: int8 activations share one scale per run, so an embedding would depend
    on its neighbours (cosine 0.997) and a redelivered turn could be read differently.
    """
    frozen = ["last_hidden_state", "embedding"]
    if branch is None:
        trunk, upper, fork = onnx_session(model), None, ""
    else:
        upper = onnx_session(branch)
        # The branch's input bears the name of the value in the encoder where it forks off.
        fork = upper.get_inputs()[0].name
        trunk = onnx_session(with_output(model.read_bytes(), fork))

    def forward(
        ids: NDArray[np.int64], mask: NDArray[np.int64], tuned: bool
    ) -> tuple[Any, Any, Any]:
        feed = {"input_ids": ids, "attention_mask": mask}
        if not tuned or upper is None:
            return *trunk.run(frozen, feed), None
        states, embeddings, shared = trunk.run([*frozen, fork], feed)
        return states, embeddings, upper.run(None, {fork: shared})[0]

    return ThreadedEncoder(name, TurnTokenizer(tokenizer), forward, workers=workers, batch_texts=1)


def onnx_session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """Return a session on one thread of the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Spinning threads would burn the cores that transcription needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def load_encoder(settings: Settings, root: Path | None = None) -> Encoder:
    """Return the encoder that the settings ask for, its weights verified. Blocks about 0.3 s.

    Raises:
        Unavailable: when the weights are missing or damaged.
        InvalidInput: when the torch backend is asked for and not installed.
    """
    model, tokenizer = encoder_files(locate(MODEL, settings.data_dir, root))
    branch = branch_file(locate(TUNED, settings.data_dir, root))
    name = f"{model.stem}@sha256:{digest(model)[:8]}"
    if settings.encoder_backend == "onnx":
        workers = settings.encoder_workers
        return onnx_encoder(model, tokenizer, name=name, workers=workers, branch=branch)
    try:
        from services.assist.encoder_torch import torch_encoder
    except ImportError:
        raise InvalidInput(
            "the torch backend needs the gpu extra: pip install 'souffleur[gpu]', "
            "or set SOUFFLEUR_ENCODER_BACKEND=onnx",
            field="encoder_backend",
        ) from None
    return torch_encoder(model, tokenizer, name=f"{name}+torch", branch=branch)


def encoder_files(directory: Path) -> tuple[Path, Path]:
    """Return the paths of the graph and of the tokenizer in the encoder's directory."""
    model = next(iter(sorted(directory.glob(f"{MODEL}-*.onnx"))))
    return model, model.with_name(f"{model.stem}.tokenizer.json")


def branch_file(directory: Path) -> Path:
    """Return the path of the branch's graph in its directory."""
    return next(iter(sorted(directory.glob(f"{TUNED}-*.onnx"))))
