"""Texts to the word stems that the lexical index counts, in French and in English."""

import re
import unicodedata
from threading import local

import Stemmer

from services.contracts.base import Language

_WORD = re.compile(r"[^\W_]+")

_FRENCH = """
a à ai ait alors as au aucun aussi autre aux avais avait avec avez avoir avons bien c ça ce cela
ces cet cette ceux chez ci comme comment d dans de des donc dont du elle elles en encore es est et
étaient était être eu eux faire fait faut fois font ici il ils j je l la là le les leur leurs lors
lui m ma mais me même mes moi mon n ne ni nos notre nous on ont ou où par pas peu peut peuvent
peux plus pour pourquoi puis puisque qu quand que quel quelle quelles quels qui quoi s sa sans se
sera serait ses si soit son sont sous suis sur t ta te tes toi ton tous tout toute toutes très tu
un une vos votre vous y doit doivent
"""
_ENGLISH = """
a about after again all also am an and any are as at be because been before being both but by can
could d did do does doing don each few for from further had has have having he her here him his
how i if in into is it its just ll m me more most my no nor not now of off on once only or other
our out own re s same shall she should so some such t than that the their them then there these
they this those to too under until up ve very was we were what when where which while who whom why
will with would you your
"""
STOP_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset(_FRENCH.split()),
    "en": frozenset(_ENGLISH.split()),
}
"""They are in every text, and say nothing of what it is about."""

_NAMES: dict[Language, str] = {"fr": "french", "en": "english"}
_of_thread = local()
"""A Snowball stemmer may serve one thread only."""


def stems(text: str, language: Language) -> list[str]:
    """Return the stems of ``text`` in order, without accents, stop words and punctuation.

    An elision falls apart ("l'abonnement" gives "abon"), as an apostrophe is no letter.
    """
    dull = STOP_WORDS[language]
    kept = [word for word in _WORD.findall(text.lower()) if word not in dull]
    return [folded(stem) for stem in _stemmer(language).stemWords(kept)]


def folded(word: str) -> str:
    """Return ``word`` without its accents: people leave them out, and put them on capitals not."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _stemmer(language: Language) -> "Stemmer.Stemmer":
    stemmers = _of_thread.__dict__
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(_NAMES[language])
    return stemmers[language]
