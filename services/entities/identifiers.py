"""Says what a dictated run is (phone, card, order number) by its form and the words around."""

import re
from collections.abc import Sequence

import phonenumbers
from stdnum import iban, luhn
from stdnum.fr import nir

from services.contracts.base import Language
from services.entities.candidates import Candidate
from services.entities.dictation import Run
from services.entities.keywords import (
    ANNOUNCERS,
    ENDING_VERBS,
    ENDING_WITH,
    GENERIC,
    KEYWORDS,
    LINKS,
    PUBLIC,
)
from services.entities.tokens import Token

_WINDOW = 12
_SHORTEST = 3
_MOBILE = ("06", "07")
_SHORTEST_MOBILE = 4
_SHORTEST_FAR = 6
"""Dictated characters that a keyword may name from further off than link words reach."""
_SHORTEST_UNNAMED = 8
_SHORTEST_ALONE = 4
_SHORTEST_MIXED = 5
_RECENT_YEARS = range(1950, 2051)

_FORMS = (
    ("iban", re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")),
    ("licence_plate", re.compile(r"[A-Z]{2}\d{3}[A-Z]{2}|[A-Z]{2}\d{2}[A-Z]{3}")),
    ("social_security", re.compile(r"[A-Z]{2}\d{6}[ABCD]|[12]\d{4}2[AB]\d{8}")),
    ("postcode", re.compile(r"(?:[A-Z]{1,2}\d|[A-Z]{1,2}\d\d|[A-Z]{1,2}\d[A-Z])\d[A-Z]{2}")),
    ("passport", re.compile(r"\d{2}[A-Z]{2}\d{5}")),
)
_SSN = re.compile(r"\d{3}[- ]\d{2}[- ]\d{4}")


def identifiers(
    text: str, tokens: Sequence[Token], runs: Sequence[Run], language: Language
) -> list[Candidate]:
    """Return what identifies somebody among the dictated ``runs``."""
    found: list[Candidate] = []
    for run in runs:
        reading = _classify(text, tokens, run, language)
        if reading is None:
            continue
        kind, value, strength = reading
        start, end = tokens[run.first].start, tokens[run.last - 1].end
        found.append(Candidate(kind, value, start, end, strength))
    return found


def _classify(
    text: str, tokens: Sequence[Token], run: Run, language: Language
) -> tuple[str, str, int] | None:
    chars, digits = run.chars, run.digits
    if not digits or _are_years(run):
        return None  # spelled words belong to names
    kind, direct = _named(tokens, run)
    span = text[tokens[run.first].start : tokens[run.last - 1].end]
    if any(token.norm in PUBLIC for token in tokens[max(0, run.first - 4) : run.first]):
        return None
    certain = _by_form(chars, digits, None if kind == "reference" else kind, run, span, language)
    if certain is not None:
        return certain
    if kind is not None and _fits(kind, run, tokens, direct=direct):
        if kind == "phone":
            return "phone", _phone_value(run, language), 2
        return kind, chars, 2
    enough = len(digits) >= _SHORTEST_ALONE or _mixes(run)
    if enough and _alone(tokens, run) and not _is_year(run):
        return ("postcode" if run.cardinal else "reference"), chars, 1
    listed = "," in span and not any(piece.number and piece.number.spoken for piece in run.pieces)
    if not run.cardinal and not listed and len(digits) >= _SHORTEST_UNNAMED:
        return "reference", chars, 1
    return None


def _by_form(
    chars: str, digits: str, kind: str | None, run: Run, span: str, language: Language
) -> tuple[str, str, int] | None:
    """Recognise what its own form gives away, checksums first."""
    if run.cardinal and len(digits) != 10:
        return None
    if len(chars) >= 15 and iban.is_valid(chars):
        return "iban", chars, 3
    if len(digits) == 15 == len(chars) and nir.is_valid(digits):
        return "social_security", digits, 3
    for form, pattern in _FORMS:
        if pattern.fullmatch(chars):
            return form, chars, 2 if kind in (None, form) else 1
    if (chars.startswith("+") and len(digits) >= 8) or _is_phone(digits, kind, run, language):
        return "phone", _phone_value(run, language), 2
    if len(chars) == len(digits):
        if _SSN.fullmatch(span):
            return "social_security", digits, 2
        if 13 <= len(digits) <= 19 and kind in (None, "card") and luhn.is_valid(digits):
            return ("siret" if len(digits) == 14 and kind is None else "card"), digits, 3
        if len(digits) in (13, 15) and digits[0] in "12" and kind in (None, "social_security"):
            return "social_security", digits, 2
    return None


def _is_phone(digits: str, kind: str | None, run: Run, language: Language) -> bool:
    if kind not in (None, "phone"):
        return False
    count = len(digits)
    if language == "fr":
        if len(run.chars) == count == 9 and digits[0] in "67" and len(run.pieces) == 5:
            return True  # "six douze trente-quatre ...": the zero was left out
        if not digits.startswith("0") or count > 14 or len(run.chars) != count:
            return False
        # "zéro six douze trente-quatre": nothing else is said so, even cut short.
        said = run.pieces[0].number is not None and run.pieces[0].number.spoken
        if said and digits[:2] in _MOBILE and len(run.pieces) > 1:
            return count >= _SHORTEST_MOBILE
        return count >= (6 if said and len(run.pieces) > 2 and digits[1] != "0" else 8)
    if kind is None and len(run.pieces) == 1:
        return _phone_value(run, language).startswith("+")
    return 7 <= count <= 12


def _fits(kind: str, run: Run, tokens: Sequence[Token], *, direct: bool) -> bool:
    """Whether a run named by a keyword is long enough to be that."""
    count = len(run.chars)
    before = tokens[run.first - 1].norm if run.first else ""
    announced = any(token.norm in ANNOUNCERS for token in tokens[max(0, run.first - 8) : run.first])
    if kind == "card_code":
        return direct and count in (3, 4)
    if kind == "card_expiry":
        return direct and len(run.digits) in (3, 4, 6) and len(run.pieces) > 1
    if kind == "postcode":
        return direct and 4 <= count <= 8
    if kind == "card" and count == 4:
        window = tokens[max(0, run.first - 8) : run.first]
        return any(token.norm in ENDING_WITH for token in window) or announced
    if _is_year(run) and not announced:
        return False
    if before in ("banque", "guichet") and "code" in _norms_before(tokens, run, 3):
        return count in (4, 5)
    if kind in ("iban", "bank_account") and count == 2:
        return "cle" in _norms_before(tokens, run, 5)
    if kind in ("phone", "iban", "bank_account", "card", "social_security"):
        return count >= (4 if direct and not run.cardinal else _SHORTEST_FAR)
    if direct and announced:
        return count >= _SHORTEST and not (run.cardinal and run.pieces[0].chars.endswith("000"))
    if direct and run.cardinal:
        said = tuple(token.norm for token in tokens[max(0, run.first - 2) : run.first])
        whole = count >= 5 and KEYWORDS.get(before) == kind and not run.chars.endswith("00")
        return whole or (said == ("est", "le") and count >= 4 and not run.chars.endswith("000"))
    if direct:
        return count >= 4 and before not in ("de", "of", "for", "a", "d")
    return count >= _SHORTEST_FAR and not run.cardinal


def _norms_before(tokens: Sequence[Token], run: Run, count: int) -> set[str]:
    return {token.norm for token in tokens[max(0, run.first - count) : run.first]}


def _named(tokens: Sequence[Token], run: Run) -> tuple[str | None, bool]:
    """Return what the words around say that the run is, and whether only link words lie between."""
    kind, direct = _named_before(tokens, run.first)
    if kind not in (None, "reference"):
        return kind, direct
    for token in tokens[run.last : run.last + 7]:
        if token.norm in KEYWORDS:
            after = KEYWORDS[token.norm]
            if kind is not None and after in ("card_expiry", "card_code"):
                break  # of another number, which comes then
            return after, after == "postcode"
        if token.norm not in LINKS and token.norm not in ("pour", "for"):
            break
    return kind, direct


def _named_before(tokens: Sequence[Token], first: int) -> tuple[str | None, bool]:
    direct, generic, generic_direct = True, False, False
    for index in range(first - 1, max(-1, first - 1 - _WINDOW), -1):
        token = tokens[index]
        kind = KEYWORDS.get(token.norm)
        if kind is not None:
            return _refined(tokens, index, kind), direct or generic_direct
        if token.norm in ENDING_VERBS:
            generic, generic_direct = True, generic_direct or direct
        if token.norm in GENERIC and (token.norm != "n" or tokens[index + 1].text in "°o"):
            generic, generic_direct = True, generic_direct or direct
        if token.norm not in LINKS and not token.is_digits:
            direct = False
        if token.text in ("?", "!", "\n") or (
            token.text == "." and not tokens[index - 1].is_digits
        ):
            break
    return ("reference" if generic else None), generic_direct


def _refined(tokens: Sequence[Token], index: int, kind: str) -> str:
    """Tell apart what one word leaves open: "carte d'identité", "carte vitale"."""
    norms = {token.norm for token in tokens[max(0, index - 4) : index + 4]}
    if "identite" in norms:
        return "identity_document"
    if norms & {"vitale", "secu", "sociale"}:
        return "social_security"
    if kind == "bank_account" and norms & {"carte", "card"}:
        return "card"
    if kind == "bank_account" and norms & {"client", "customer"}:
        return "customer_number"
    if kind == "card_code" and norms & ENDING_WITH:
        return "card"  # "les quatre derniers chiffres"
    if kind == "card" and norms & {"fidelite", "loyalty"}:
        return "customer_number"
    return kind


def _alone(tokens: Sequence[Token], run: Run) -> bool:
    """Whether the turn is nothing else: an answer to "what is your number?"."""
    rest = [*tokens[: run.first], *tokens[run.last :]]
    if run.cardinal and (len(run.pieces[0].chars) != 5 or run.pieces[0].chars.endswith("000")):
        return False
    return all(token.norm in LINKS or not token.text.isalnum() for token in rest)


def _mixes(run: Run) -> bool:
    """Whether letters and digits are dictated one by one: "c v 7 5 a g"."""
    letters = sum(char.isalpha() for char in run.chars)
    return len(run.pieces) >= _SHORTEST_MIXED <= len(run.chars) and letters > 1


def _are_years(run: Run) -> bool:
    """Whether it reads "2019-2020"."""
    return len(run.pieces) == 2 and all(
        len(piece.chars) == 4 and piece.chars.isdigit() and int(piece.chars) in _RECENT_YEARS
        for piece in run.pieces
    )


def _is_year(run: Run) -> bool:
    if len(run.digits) != 4 or len(run.pieces) > 2:
        return False
    return len(run.chars) == 4 and int(run.digits) in _RECENT_YEARS


def _phone_value(run: Run, language: Language) -> str:
    """Return the number in E.164 when it is a possible one, otherwise its digits."""
    chars = _regrouped(run) if language == "fr" else run.chars
    for region in ("FR",) if language == "fr" else ("GB", "US"):
        try:
            number = phonenumbers.parse(chars.replace("+330", "+33"), region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return chars


def _regrouped(run: Run) -> str:
    """Return ten digits where "soixante douze" was two groups of a French number, not one."""
    groups = [piece.chars for piece in run.pieces if piece.chars]
    if any(piece.corrects for piece in run.pieces) or run.chars.startswith("+"):
        return run.chars
    for index, piece in enumerate(run.pieces):
        if sum(map(len, groups)) >= 10:
            break
        number = piece.number
        if number is None or not number.spoken or not 61 <= number.value <= 99:
            continue
        tens = 60 if number.value < 80 else 80
        if tens < number.value and number.last - number.first > 1:
            groups[index] = f"{tens}{number.value - tens}"
    return "".join(groups)
