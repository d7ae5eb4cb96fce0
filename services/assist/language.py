"""Tells French from English by their small words, for turns that do not say their language."""

import re
from functools import lru_cache

from services.contracts.base import Language
from services.contracts.conversation import Turn

_WORD = re.compile(r"[^\W\d_]+")

_FRENCH = """
je j ai tu vous nous il elle on le la les l un une des du de d et est suis êtes c ce ça mon ma mes
votre vos pas ne n que qu qui pour avec dans sur mais au aux bonjour merci oui où quand comment
pourquoi toujours rien non accord très bien bonsoir ouais voilà avez été
"""
_ENGLISH = """
i you we he she it the an of to and is are am was were my your our not don t this that what with for
in but have has had do did can could would hello hi thanks thank yes please when how why still
nothing ve m no okay yeah right sorry good got sure
"""
_SMALL_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset(_FRENCH.split()),
    "en": frozenset(_ENGLISH.split()),
}
"""Only words that the other language does not have."""

_FRENCH_LETTERS = frozenset("éèêëàâçùûôîïœæ")

LEAD = 2
"""Small words by which one language must lead; less is a guess ("ok", a number, a name)."""


def language_of(text: str) -> Language | None:
    """Return the language of ``text``, ``None`` when it does not show."""
    french, english = _small_words(text)
    if abs(french - english) < LEAD:
        return None
    return "fr" if french > english else "en"


@lru_cache(maxsize=64)  # every head asks about the same turn
def guess_language(text: str) -> Language:
    """Return the language that ``text`` looks most like; French on a draw."""
    french, english = _small_words(text)
    french += not _FRENCH_LETTERS.isdisjoint(text.casefold())
    return "en" if english > french else "fr"


def language_of_turn(turn: Turn) -> Language:
    """Return the turn's language, guessed when it has none."""
    return turn.language or guess_language(turn.text)


@lru_cache(maxsize=64)  # every head asks about the same turn
def _small_words(text: str) -> tuple[int, int]:
    words = [word.casefold() for word in _WORD.findall(text)]
    french, english = (
        sum(map(_SMALL_WORDS[language].__contains__, words)) for language in ("fr", "en")
    )
    return french, english
