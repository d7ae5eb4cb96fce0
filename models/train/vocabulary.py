"""Trim the base tokenizer to French and English, so that 250,002 pieces become about 50,000."""

import gzip
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

FREQUENT = 60_000
"""Pieces are sorted by frequency: French or English looking ones below this id are all kept."""

SPECIALS = 4
"""``<s> <pad> </s> <unk>`` come first, ``<mask>`` is the last piece."""

_FRENCH_OR_ENGLISH = re.compile(
    "^[\\u2581!-~«»°€£’‘“”–—…àâäæçèéêëîïôöœùûüÿÀÂÄÆÇÈÉÊËÎÏÔÖŒÙÛÜŸñÑáíóú]+$"
)

_BATCH = 5_000


def kept_pieces(full: dict[str, Any], texts: Iterable[str], words: Iterable[str]) -> list[int]:
    """Return the ids of the pieces to keep, rising.

    Kept are the specials, each piece seen in ``texts`` or needed for a word of ``words`` (as it is,
    capitalised, and elided as in "l'eau"), frequent French or English looking pieces, and single
    symbols (emoji), which chats are full of.
    """
    tokenizer = Tokenizer.from_str(json.dumps(full))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    seen: set[int] = set()
    for batch in _batches(_variants(texts, words)):
        for encoding in tokenizer.encode_batch(batch):
            seen.update(encoding.ids)
    pieces: list[list[Any]] = full["model"]["vocab"]
    last = len(pieces) - 1
    return [
        number
        for number, (piece, _score) in enumerate(pieces)
        if number < SPECIALS or number == last or number in seen or _worth_keeping(number, piece)
    ]


def trimmed(full: dict[str, Any], keep: Sequence[int]) -> dict[str, Any]:
    """Return the tokenizer document with only the pieces ``keep``, numbered afresh."""
    renumbered = {old: new for new, old in enumerate(keep)}
    document: dict[str, Any] = json.loads(json.dumps(full))
    document["model"]["vocab"] = [full["model"]["vocab"][old] for old in keep]
    document["model"]["unk_id"] = renumbered[full["model"]["unk_id"]]
    for token in document["added_tokens"]:
        token["id"] = renumbered[token["id"]]
    for token in document["post_processor"]["special_tokens"].values():
        token["ids"] = [renumbered[old] for old in token["ids"]]
    document["truncation"] = None
    document["padding"] = None
    return document


def ids_of(full: dict[str, Any], document: dict[str, Any]) -> list[int]:
    """Return the ids in ``full`` of the pieces of a trimmed ``document``."""
    numbers = {piece: number for number, (piece, _score) in enumerate(full["model"]["vocab"])}
    return [numbers[piece] for piece, _score in document["model"]["vocab"]]


def texts_below(directory: Path) -> Iterator[str]:
    """Yield every string value of the ``*.jsonl.gz`` files below ``directory``."""
    for path in sorted(directory.rglob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from _strings(json.loads(line))


def words_of(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the words of word lists, one a line."""
    for path in paths:
        yield from path.read_text(encoding="utf-8").split()


def _worth_keeping(number: int, piece: str) -> bool:
    bare = piece.strip("\u2581")
    if len(bare) <= 1 and (not bare or unicodedata.category(bare) in {"So", "Sk", "Sc", "Mn"}):
        return True
    return bool(_FRENCH_OR_ENGLISH.match(piece)) and (len(bare) <= 2 or number < FREQUENT)


def _variants(texts: Iterable[str], words: Iterable[str]) -> Iterator[str]:
    yield "query: passage: ."
    yield from texts
    for word in words:
        yield word
        yield word.capitalize()
        if word[0] in "aeiouyhéèêâàîôûœ":
            yield f"l'{word}"
            yield f"d’{word}"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
