"""Cuts a text into words, numbers and signs that remember where they stand in it."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"\d+|[^\W\d_]+|\S|\n")
_KEPT_WORDS = 4096


class Token(NamedTuple):
    """One piece of a text: ``text == whole[start:end]``, offsets in code points.

    ``norm`` is the text in lower case and without accents; ``glued`` says that no blank parts it
    from the token before.
    """

    text: str
    norm: str
    start: int
    end: int
    glued: bool
    is_word: bool
    """Whether it is made of letters."""
    is_digits: bool
    """Whether it is written in ASCII digits."""

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


def words(text: str) -> frozenset[str]:
    """Return the words of ``text``, to write a set of them down plainly."""
    return frozenset(text.split())


@lru_cache(maxsize=_KEPT_WORDS)
def fold(word: str) -> str:
    """Return ``word`` in lower case, without accents, ligatures and typographic apostrophes."""
    if word.isascii():
        return word.lower()
    word = word.casefold().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    plain = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)) or word


def tokenize(text: str) -> list[Token]:
    """Return the tokens of ``text`` in order; blanks are left out, line ends kept."""
    tokens: list[Token] = []
    previous_end = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        piece = match[0]
        norm, is_word, is_digits = _shape(piece)
        glued = start == previous_end and start > 0
        tokens.append(Token(piece, norm, start, end, glued, is_word, is_digits))
        previous_end = end
    return tokens


@lru_cache(maxsize=_KEPT_WORDS)
def _shape(piece: str) -> tuple[str, bool, bool]:
    """Return the folded piece, whether it is a word, and whether it is made of ASCII digits."""
    return fold(piece), piece[0].isalpha(), piece.isascii() and piece.isdigit()
