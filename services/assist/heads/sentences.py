"""Sentences of a turn, by their place in it: what a head scores to show its evidence."""

import re
from functools import lru_cache

_END = re.compile(r"[.!?…]+[\"»”')]*\s+|\n+|\s*;\s+")

MIN_CHARACTERS = 12
"""A shorter piece ("Bonjour.") says too little to stand alone and joins its neighbour."""


@lru_cache(maxsize=64)  # every head asks about the same turn
def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return (start, end) of each sentence in code points, without outer blanks.

    A turn without punctuation (as some recognisers write) is one sentence; an empty one has none.
    """
    pieces: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        pieces.append((start, match.end()))
        start = match.end()
    pieces.append((start, len(text)))
    joined: list[tuple[int, int]] = []
    for begin, end in (_stripped(text, *piece) for piece in pieces):
        if begin == end:
            continue
        if joined and (
            end - begin < MIN_CHARACTERS or joined[-1][1] - joined[-1][0] < MIN_CHARACTERS
        ):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return tuple(joined)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return start, start + len(words.strip())
