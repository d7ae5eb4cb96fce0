"""Tells French from English by their small words, for chat turns that do not say their language."""

import re

from services.contracts.base import Language

_WORD = re.compile(r"[^\W\d_]+")

_FRENCH = """
je j ai tu vous nous il elle on le la les l un une des du de d et est suis êtes c ce ça mon ma mes
votre vos pas ne n que qu qui pour avec dans sur mais au aux bonjour merci oui où quand comment
pourquoi toujours rien
"""
_ENGLISH = """
i you we he she it the an of to and is are am was were my your our not don t that this what with for
in but have has had do did can could would hello hi thanks thank yes please when how why still
nothing ve m
"""
_SMALL_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset(_FRENCH.split()),
    "en": frozenset(_ENGLISH.split()),
}
"""Only words that the other language does not have."""

LEAD = 2
"""Small words by which one language must lead; less is a guess ("ok", a number, a name)."""


def language_of(text: str) -> Language | None:
    """Return the language of ``text``, ``None`` when it does not show."""
    words = [word.casefold() for word in _WORD.findall(text)]
    french, english = (
        sum(word in _SMALL_WORDS[language] for word in words) for language in ("fr", "en")
    )
    if abs(french - english) < LEAD:
        return None
    return "fr" if french > english else "en"
