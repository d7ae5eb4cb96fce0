"""Finds amounts of money, and counts of other things, which are then no identifiers."""

from collections.abc import Sequence

from services.entities.candidates import Candidate
from services.entities.numbers import Number, Numbers
from services.entities.tokens import Token, words

_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "balles": "EUR",
    "$": "USD", "dollar": "USD", "dollars": "USD", "usd": "USD", "bucks": "USD",
    "£": "GBP", "pound": "GBP", "pounds": "GBP", "gbp": "GBP", "quid": "GBP", "livres": "GBP",
    "chf": "CHF",
}  # fmt: skip
_CENTS = frozenset({"centime", "centimes", "cents", "cent", "pence", "p", "ct"})
_UNITS = words(
    "fois jour jours semaine semaines mois an ans annee annees heure heures h minute minutes "
    "min mn seconde secondes s sec kg kilo kilos gramme grammes g km kilometre kilometres "
    "metre metres m cm mm litre litres l go giga gigas gigaoctets mo mega megas megaoctets "
    "tera teraoctets % pourcent pourcents degre degres personne personnes enfant enfants "
    "articles colis pages lignes points kwh kw kilowatts watts volts mbps mbits piece pieces "
    "paire paires boite boites exemplaires etage etages cartons factures commandes mails "
    "appels chaines clients tours x tomes mots produits abonnements comptes cartes contrats "
    "tickets places nuit nuits relances courriers messages telephones portables lots employes "
    "salaries etoiles pouces parts portes chevaux chiffres options numeros lettres caracteres "
    "gens autres reprises times days day weeks week months month years year hours hour hr hrs "
    "mins second seconds secs lb lbs kilograms grams miles mile feet inches gb mb tb gigs "
    "percent degrees people persons kids children items lines pieces pairs boxes copies "
    "floors invoices orders emails calls channels customers tickets nights stars accounts "
    "cards packs bottles bags units digits letters"
)
_MAGNITUDES = {"k": 1000, "million": 10**6, "millions": 10**6}


def amounts(tokens: Sequence[Token], numbers: Numbers) -> tuple[list[Candidate], set[int]]:
    """Return the amounts, and the tokens of every counted or paid number.

    The value of an amount is "12.50 EUR".
    """
    found: list[Candidate] = []
    taken: set[int] = set()
    at = 0
    while at < len(tokens):
        number = numbers.at(at)
        if number is None and tokens[at].text not in "€$£":
            at += 1
            continue
        reading = _amount(tokens, at, numbers)
        if reading is not None:
            value, last = reading
            found.append(Candidate("amount", value, tokens[at].start, tokens[last - 1].end, 3))
            taken.update(range(at, last))
            at = last
            continue
        if number is None:
            at += 1
            continue
        counted = _decimals(tokens, number, numbers)[1]
        if _is_counted(tokens, counted):
            taken.update(range(at, counted))
        at = max(at + 1, number.last)
    return found, taken


def _is_counted(tokens: Sequence[Token], at: int) -> bool:
    if at >= len(tokens):
        return False
    norm = tokens[at].norm
    if norm == "pour" and at + 1 < len(tokens) and tokens[at + 1].norm == "cent":
        return True
    return norm in _UNITS and not (
        # "Paris 75 L" is no litre; a lone letter counts only when glued or followed by nothing.
        len(norm) == 1 and norm.isalpha() and not tokens[at].glued
    )


def _amount(tokens: Sequence[Token], at: int, numbers: Numbers) -> tuple[str, int] | None:
    """Read an amount that begins at ``at``: its value and the place behind it."""
    if tokens[at].text in "€$£" and at + 1 < len(tokens):
        number = numbers.at(at + 1)
        if number is None or number.spoken:
            return None
        value, last = _decimals(tokens, number, numbers)
        return _money(value, _CURRENCIES[tokens[at].text]), last
    number = numbers.at(at)
    if number is None:
        return None
    value, last = _decimals(tokens, number, numbers)
    if last < len(tokens) and tokens[last].norm in _MAGNITUDES and not number.spoken:
        value, last = value * _MAGNITUDES[tokens[last].norm], last + 1
    if last < len(tokens) and tokens[last].norm in ("d", "de"):
        last += 1 + (last + 1 < len(tokens) and tokens[last + 1].text in "'’")
    if last >= len(tokens):
        return None
    # "quatre-vingt-douze cent trente" is dictated in French: cents are "centimes" there.
    hundredths = (
        _CENTS - {"cent", "cents"} if numbers.language == "fr" and number.spoken else _CENTS
    )
    if tokens[last].norm in hundredths and not (number.spoken and tokens[last].norm == "p"):
        return _money(value / 100, "EUR" if numbers.language == "fr" else "GBP"), last + 1
    currency = _CURRENCIES.get(tokens[last].norm)
    if currency is None:
        return None
    cents, last = _cents(tokens, last + 1, numbers)
    return _money(value + cents / 100, currency), last


def _cents(tokens: Sequence[Token], at: int, numbers: Numbers) -> tuple[int, int]:
    """Read what follows the currency: "douze euros cinquante", "ten pounds and 5 pence"."""
    here = at + (at < len(tokens) and tokens[at].norm in ("et", "and"))
    number = numbers.at(here)
    if number is None or not 0 < number.value < 100:
        return 0, at
    if not number.spoken and not (tokens[here].glued or len(number.digits) == 2):
        return 0, at
    after = tokens[number.last].norm if number.last < len(tokens) else ""
    if after in _CENTS:
        return number.value, number.last + 1
    if here > at or number.value == 1 or after in _UNITS or after in _CURRENCIES:
        return 0, at
    return number.value, number.last


def _decimals(tokens: Sequence[Token], number: Number, numbers: Numbers) -> tuple[float, int]:
    """Read thousands in groups of three and decimals: "1 234,56", "douze virgule cinq"."""
    value, at = float(number.value), number.last
    if not number.spoken and len(number.digits) <= 3:
        while _group_of_three(tokens, at):
            at += 1 + (tokens[at].text in ",.")
            value = value * 1000 + int(tokens[at - 1].norm)
    if at + 1 < len(tokens) and tokens[at].norm in (",", ".", "virgule", "point"):
        follower = numbers.at(at + 1)
        glued = tokens[at].glued and tokens[at + 1].glued
        said = tokens[at].norm in ("virgule", "point") and number.spoken
        if follower is not None and (said or (glued and not follower.spoken)):
            digits = follower.digits[:6]
            return value + int(digits) / 10 ** len(digits), follower.last
    return value, at


def _group_of_three(tokens: Sequence[Token], at: int) -> bool:
    """Whether "234" follows behind a blank, or behind a glued comma and another group or a stop."""
    if at >= len(tokens):
        return False
    if tokens[at].is_digits:
        return len(tokens[at].norm) == 3 and not tokens[at].glued
    return (
        tokens[at].text in ",."
        and tokens[at].glued
        and at + 1 < len(tokens)
        and tokens[at + 1].is_digits
        and tokens[at + 1].glued
        and len(tokens[at + 1].norm) == 3
    )


def _money(value: float, currency: str) -> str:
    return f"{value:.2f} {currency}"
