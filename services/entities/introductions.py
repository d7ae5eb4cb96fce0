"""The words around names: titles, introductions, and words that are never a name."""

from collections.abc import Mapping

from services.contracts.base import Language
from services.entities.tokens import words

Phrases = Mapping[str, tuple[tuple[str, ...], ...]]
"""Phrases of folded tokens, by their last one."""


def _phrases(text: str) -> Phrases:
    """Read phrases that are parted by bars."""
    ending: dict[str, tuple[tuple[str, ...], ...]] = {}
    for phrase in text.split("|"):
        tokens = tuple(phrase.split())
        ending[tokens[-1]] = (*ending.get(tokens[-1], ()), tokens)
    return ending


TITLES = words(
    "monsieur madame mademoiselle mme mlle mr mrs ms miss maitre docteur dr messieurs "
    "mesdames sir mister missus"
)
TRADES = frozenset({"maitre", "docteur", "sir"})
"""Titles that are words of their own: "maître de conférences"."""

INTRODUCTIONS: dict[Language, Phrases] = {
    "fr": _phrases(
        "m ' appelle|s ' appelle|me nomme|se nomme|nom est|nom c ' est|nom de|nom de famille est|"
        "nom de famille c ' est|prenom est|prenom c ' est|nom de famille|nom de jeune fille|prenom|"
        "nom :|nom de naissance|epouse|nom complet est|nom complet c ' est|nee|titulaire est|"
        "titulaire c ' est|noms et prenoms|nom et prenom|appelez moi|appelez - moi|signe|collegue|"
        "interlocuteur|conseiller|conseillere|mari|femme|fils|fille|frere|soeur|pere|mere|conjoint|"
        "conjointe|compagne|compagnon|cordialement ,|destinataire|nom|famille|naissance|"
        "jeune fille|attention de|attention d '"
    ),
    "en": _phrases(
        "name is|name ' s|names|name :|name|call me|surname|surname is|last name|"
        "last name is|first name|first name is|maiden name|under the name of|husband|wife|son|"
        "daughter|brother|sister|mother|father|colleague|under|regards ,|in the name of|name of|"
        "name it ' s|account holder is|attention of|care of"
    ),
}
NAMING = frozenset({"appelle", "nomme", "nom", "prenom", "name", "surname", "last", "first"})
SAYING = frozenset({"appelle", "nomme", "est", "is", "'", ":", "jeune"})
"""An introduction that holds a word of each makes a name of any unusual word."""

LEADS: dict[Language, Phrases] = {
    "fr": _phrases(
        "je suis|c ' est|ici|moi c ' est|bonjour|merci|allo|de|avec|pour|chez|et|par|a|bonsoir|"
        "voir|demander"
    ),
    "en": _phrases(
        "i ' m|i am|this is|it ' s|hi|hello|thanks|thank you|from|with|for|and|by|to|"
        "speaking with|here is|dear|of"
    ),
}
"""What may stand before a short given name that is no other word there."""

PRESENTING: dict[Language, Phrases] = {
    "fr": _phrases("je suis|c ' est|ici"),
    "en": _phrases("i ' m|this is|it ' s"),
}
AFTERWARDS = (
    ("a", "l", "'", "appareil"),
    ("au", "telephone"),
    ("speaking",),
    ("calling",),
    ("here",),
)
"""What somebody says behind their own name."""

PARTICLES = words(
    "de du des d la le el ben van von der den bin al da do dos di del mc mac o st saint n"
)
LINKS = words("c ' est is it s : , euh heu um uh donc alors monsieur madame mademoiselle mr mrs ms")
"""What may lie between an introduction and the name."""

NEVER = words(
    "bonjour bonsoir merci oui non voila alors donc euh heu allo salut mais et ou ne pas si "
    "je tu il elle on nous vous ils elles ca ce cet cette ces mon ma mes votre vos notre un "
    "une des est suis ai avez a au aux en sur dans par pour avec chez qui que quoi dont comme "
    "client cliente service commande facture directeur directrice responsable conseiller "
    "conseillere l hello hi thanks thank yes no ok okay please sorry good the an i we he she "
    "it they my your this that and or but not on in at to from with for of by so internet "
    "facebook google amazon apple samsung iphone windows android netflix orange sfr free "
    "bouygues lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday "
    "thursday friday saturday sunday janvier fevrier mars avril mai juin juillet aout "
    "septembre octobre novembre decembre january february march april june july august "
    "september october november december france paris french english francais francaise "
    "anglais europe sav rib iban cb pdf sms can will may come art us noel mon um uh er hmm "
    "enchante enchantee ravie"
)
