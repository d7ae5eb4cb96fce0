"""A cheap guess of a turn's language when the channel does not say: French or English."""

import re

from services.contracts.base import Language
from services.contracts.conversation import Turn

_WORD = re.compile(r"[^\W\d_]+")

_FRENCH_WORDS = (
    "je tu il elle on nous vous ils elles le la les un une des du de et est ai suis sont que qui "
    "quoi pas ne plus mon ma mes votre vos notre ce cette ces ça cela sur pour avec dans chez au "
    "aux bonjour bonsoir merci oui non d l j c qu n s m t y en mais ou donc alors euh ben bah "
    "voilà toujours jamais encore très bien fait faire comment pourquoi quand où combien svp "
    "voudrais souhaite colis commande facture abonnement compte s'il accord bonne journée madame "
    "monsieur été avez avait vois deux trois"
)
_ENGLISH_WORDS = (
    "i you he she it we they the a an of and is am are was were be been have has had do does did "
    "not my your our his her their this that these those what who how why when where which can "
    "could would will should for with from to in at by about hello hi hey thanks thank yes no "
    "please but or so um uh well still never again very just get got want need order parcel bill "
    "account refund cancel s t ve re ll m d don okay good morning sorry"
)
_FRENCH = frozenset(_FRENCH_WORDS.split())
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_FRENCH_LETTERS = frozenset("éèêëàâçùûôîïœæ")


def guess_language(text: str) -> Language:
    """Return the language whose function words and letters occur more; French on a draw."""
    words = [word.lower() for word in _WORD.findall(text)]
    french = sum(word in _FRENCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    french += sum(not _FRENCH_LETTERS.isdisjoint(word) for word in words)
    return "en" if english > french else "fr"


def language_of(turn: Turn) -> Language:
    """Return the turn's language, guessed when it has none."""
    return turn.language or guess_language(turn.text)
