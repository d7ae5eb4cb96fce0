"""Texts to the encoder's token ids, with the place of every token in the text."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

PREFIX = "query: "
"""e5 was trained with it; every turn gets it, so that all embeddings lie in one space."""

PASSAGE_PREFIX = "passage: "
"""What e5 was trained with for texts that answer questions."""

PAD_ID = 1

MAX_TOKENS = 512
"""The encoder has no more positions."""

HEAD_TOKENS = 256
"""Of a longer text we keep the beginning (what it is about) and the end (what is asked for)."""


class PassageText(str):
    """A text of a document, for an encoder: it gets the prefix of passages."""

    __slots__ = ()


@dataclass(frozen=True)
class Tokens:
    """Token ids of one text with offsets, int32 (tokens, 2), in code points of the text."""

    ids: list[int]
    offsets: NDArray[np.int32]
    truncated: bool


class TurnTokenizer:
    """The encoder's tokenizer; may be used from many threads."""

    def __init__(self, path: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))

    def tokenize(self, text: str) -> Tokens:
        """Return the tokens of ``text``, of which the middle is left out above 512 tokens."""
        prefix = PASSAGE_PREFIX if isinstance(text, PassageText) else PREFIX
        encoding = self._tokenizer.encode(prefix + _clean(text))
        ids: list[int] = encoding.ids
        offsets = _within(text, encoding.offsets, len(prefix))
        truncated = len(ids) > MAX_TOKENS
        if truncated:
            tail = len(ids) - (MAX_TOKENS - HEAD_TOKENS)
            ids = ids[:HEAD_TOKENS] + ids[tail:]
            offsets = offsets[:HEAD_TOKENS] + offsets[tail:]
        return Tokens(ids, np.array(offsets, dtype=np.int32), truncated)

    def pieces(self, text: str) -> list[str]:
        """Return the pieces of ``text`` as the vocabulary spells them, without the prefix."""
        tokens: list[str] = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return tokens


def _clean(text: str) -> str:
    """Replace lone surrogates, which cannot cross into the tokenizer; one character stays one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _within(text: str, places: list[tuple[int, int]], shift: int) -> list[tuple[int, int]]:
    """Cut off the prefix, ``shift`` long, and the white space of a word's first piece."""
    offsets = []
    for place, until in places:
        start, end = max(place - shift, 0), max(until - shift, 0)
        while start < end and text[start].isspace():
            start += 1
        offsets.append((start, end))
    offsets[0] = offsets[-1] = (0, 0)
    return offsets
