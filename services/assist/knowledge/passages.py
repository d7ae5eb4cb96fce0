"""Cuts a document into the passages that are searched and quoted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TARGET_CHARACTERS = 800
"""About 200 tokens of French or English: enough to answer, little enough to read at a glance."""

LEAST_CHARACTERS = 400
"""A shorter section goes on into the next one: "## How much? 12 euros" says little alone."""

_HEADING = re.compile(r"#{1,6}\s+(?P<title>.*\S)")
_SENTENCE_END = re.compile(r"(?<=[.!?…;:])\s+")


@dataclass(frozen=True)
class Passage:
    """A piece of a document.

    Attributes:
        start: where it begins in the document's text, in code points.
        end: where it ends, exclusive.
        heading: the heading it begins under, empty before the first one.
    """

    start: int
    end: int
    heading: str


@dataclass(frozen=True)
class _Block:
    """A line, or a sentence of a very long line."""

    start: int
    end: int
    heading: str
    is_heading: bool


def split(text: str) -> tuple[Passage, ...]:
    """Return the passages of ``text`` in order; together they hold every word of it.

    Headings are lines that begin with ``#``. What stands before the first one, a document's lead,
    is never mixed with what follows. A passage ends at the end of a line, or of a sentence where a
    line alone is too long.
    """
    passages: list[Passage] = []
    held: list[_Block] = []
    for block in _blocks(text):
        if held and _ends_before(block, held):
            passages.append(_joined(held))
            held = []
        held.append(block)
    if held:
        passages.append(_joined(held))
    return tuple(passages)


def _ends_before(block: _Block, held: list[_Block]) -> bool:
    length = held[-1].end - held[0].start
    if block.is_heading:
        return not held[0].heading or length >= LEAST_CHARACTERS
    if held[-1].is_heading:
        return False
    return block.end - held[0].start > TARGET_CHARACTERS


def _joined(held: list[_Block]) -> Passage:
    return Passage(held[0].start, held[-1].end, held[0].heading)


def _blocks(text: str) -> Iterator[_Block]:
    heading, at = "", 0
    for line in text.splitlines(keepends=True):
        start, end = at + len(line) - len(line.lstrip()), at + len(line.rstrip())
        at += len(line)
        if start >= end:
            continue
        found = _HEADING.fullmatch(text, start, end)
        if found:
            heading = found["title"]
            yield _Block(start, end, heading, is_heading=True)
        else:
            for first, last in _pieces(text, start, end):
                yield _Block(first, last, heading, is_heading=False)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a line that is too long where a sentence ends, or a word when no sentence does."""
    while end - start > TARGET_CHARACTERS:
        window = text[start : start + TARGET_CHARACTERS]
        ends = [found.start() for found in _SENTENCE_END.finditer(window)]
        cut = ends[-1] if ends else window.rfind(" ")
        cut = cut if cut > 0 else TARGET_CHARACTERS
        yield start, start + cut
        start += cut + len(text[start + cut : end]) - len(text[start + cut : end].lstrip())
    if start < end:
        yield start, end
