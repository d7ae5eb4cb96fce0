"""Picks the sentences of a passage that answer the question: what a card quotes."""

import re
from collections.abc import Collection

from services.assist.knowledge.passages import Passage
from services.assist.knowledge.words import stems
from services.contracts.base import Language

MAX_QUOTE = 320
"""Code points: three lines on the adviser's screen."""

_HEADING = re.compile(r"\n\s*#")
_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def quoted(
    text: str, passage: Passage, asked: Collection[str], language: Language
) -> tuple[int, int]:
    """Return the (start, end) in ``text`` of the part of ``passage`` to quote.

    It is the run of whole sentences, within ``MAX_QUOTE``, that holds most of the stems that were
    ``asked``; of equals the first, as longer as it goes.
    """
    sentences = [
        place for place in _sentences(text, passage) if not text.startswith("#", place[0])
    ] or [(passage.start, passage.end)]
    wanted = set(asked)
    held = [wanted & set(stems(text[start:end], language)) for start, end in sentences]
    best, found = (0, 0), -1
    for first in range(len(sentences)):
        last, together = first, set(held[first])
        while last + 1 < len(sentences) and _fits(
            text, sentences[first][0], sentences[last + 1][1]
        ):
            last += 1
            together |= held[last]
        # The sentence that speaks of it comes first, so that what answers is read first.
        score = 2 * len(together) + (len(held[first]) > 0)
        if score > found:
            best, found = (first, last), score
    start, end = sentences[best[0]][0], sentences[best[1]][1]
    return start, min(end, start + _whole_words(text[start:end]))


def _fits(text: str, start: int, end: int) -> bool:
    return end - start <= MAX_QUOTE and not _HEADING.search(text, start, end)


def _sentences(text: str, passage: Passage) -> list[tuple[int, int]]:
    places, start = [], passage.start
    for found in _END.finditer(text, passage.start, passage.end):
        places.append((start, found.start()))
        start = found.end()
    places.append((start, passage.end))
    trimmed = []
    for begin, end in places:
        piece = text[begin:end]
        left = begin + len(piece) - len(piece.lstrip())
        if piece.strip():
            trimmed.append((left, left + len(piece.strip())))
    return trimmed


def _whole_words(text: str) -> int:
    if len(text) <= MAX_QUOTE:
        return len(text)
    blank = text.rfind(" ", 0, MAX_QUOTE)
    return blank if blank > 0 else MAX_QUOTE
