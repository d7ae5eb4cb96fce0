"""Reads e-mail and web addresses that are spelled aloud: "jean point dupont arobase ..."."""

from collections.abc import Sequence

from services.entities.candidates import Candidate
from services.entities.lexicon import is_common, lexicon
from services.entities.numbers import Numbers
from services.entities.tokens import Token, words

AT_SIGNS = frozenset(
    {"arobase", "arobas", "arrobas", "robase", "chez", "arrobase", "arobaze", "arobasse", "@", "at"}
)
SIGNALS = AT_SIGNS | {"commercial", "www", "w", "http", "https"}
"""Words and signs that make an address of what stands around."""
_DOTS = frozenset({"point", "dot", "."})
_JOINERS = {
    "point": ".", "dot": ".", ".": ".", "tiret": "-", "dash": "-", "hyphen": "-", "-": "-",
    "underscore": "_", "_": "_", "plus": "+", "+": "+", "moins": "-", "minus": "-",
    "souligne": "_", "slash": "/",
}  # fmt: skip
_SIGN_WORDS = frozenset({*_JOINERS, "bas"})
_PROVIDERS = words(
    "gmail hotmail yahoo outlook orange wanadoo free sfr laposte live icloud protonmail msn "
    "aol bbox numericable neuf gmx"
)
_ENDINGS = words(
    "com fr net org eu be ch ca uk io info biz co de es it lu re me us nc pro gouv gov edu "
    "app dev paris bzh cat"
)
_STOPS = words(
    "est c et a au mon ma mes le la les l de des un une votre adresse mail email e courriel "
    "sur pour que donc oui non alors voila euh is it my the address to at on your for and so "
    "yes s id ecrivez envoyez contacter joindre ecrire envoyer ; : ! ? ,"
) | {"\n"}
_FILLERS = frozenset({"euh", "heu", "um", "uh"})
_ASIDES: dict[str, tuple[tuple[str, ...], ...]] = {
    last: tuple(tuple(said.split()) for said in phrases)
    for last, phrases in {
        "attache": ("tout attache",),
        "colle": ("tout colle",),
        "minuscule": ("tout en minuscule", "en minuscule"),
        "minuscules": ("tout en minuscules", "en minuscules"),
        "mot": ("en un seul mot", "en un mot"),
        "accent": ("sans accent",),
        "accents": ("sans accents",),
        "espace": ("sans espace",),
        "word": ("all one word", "one word"),
        "case": ("all lower case", "lower case"),
        "lowercase": ("all lowercase",),
        "spaces": ("no spaces",),
    }.items()
}
"""Remarks between the name and the sign, by their last word."""
_LONGEST_LOCAL = 20
_LONGEST_DOMAIN = 12


def spoken_email(tokens: Sequence[Token], at: int, numbers: Numbers) -> Candidate | None:
    """Return the e-mail address whose sign is said at ``at``."""
    domain = _domain(tokens, at + 1, numbers)
    if domain is None:
        return None
    host, last = domain
    left_of = at - 1 if tokens[at].norm == "commercial" else at
    local, first = _local(tokens, left_of, numbers)
    if not local:
        return None
    return Candidate("email", f"{local}@{host}", tokens[first].start, tokens[last - 1].end, 3)


def _domain(tokens: Sequence[Token], at: int, numbers: Numbers) -> tuple[str, int] | None:
    """Read "gmail point com", "club tiret internet point fr", "gmail"."""
    parts: list[str] = []
    here, dotted, best = at, False, None
    while here < len(tokens) and here - at < _LONGEST_DOMAIN:
        norm = tokens[here].norm
        pause = norm == "," and (not parts or dotted or _says_dot(tokens, here + 1))
        if norm in _FILLERS or (pause and best is None):
            here += 1
            continue
        if norm == "." and not _is_dot(tokens, here):
            break
        if norm in _DOTS:
            dotted = True
            parts.append(".")
            here += 1
            continue
        if norm in ("tiret", "dash", "hyphen", "-"):
            parts.append("-")
            here += 1
            continue
        if not (tokens[here].is_word or tokens[here].is_digits):
            break
        spelled = _spelled_ending(tokens, here) if dotted and parts[-1:] == ["."] else None
        if spelled is not None:
            best = "".join((*parts, spelled)), here + len(spelled)
            break
        number = numbers.at(here)
        parts.append(number.digits if number and norm not in _ENDINGS else norm)
        here = number.last if number else here + 1
        if dotted and norm in _ENDINGS and len(parts) > 2 and parts[-2] == ".":
            best = "".join(parts), here
            if here >= len(tokens) or tokens[here].norm not in _DOTS:
                break
        elif best is not None:
            break
    if best is not None:
        return best
    if (
        at < len(tokens)
        and tokens[at].norm in _PROVIDERS
        and tokens[at - 1].norm not in ("at", "chez")
    ):
        return tokens[at].norm, at + 1
    return None


def _spelled_ending(tokens: Sequence[Token], at: int) -> str | None:
    """Return "fr" for "f r", "com" for "c o m"."""
    for size in (3, 2):
        letters = [token.norm for token in tokens[at : at + size]]
        if len(letters) == size and all(len(letter) == 1 for letter in letters):
            ending = "".join(letters)
            if ending in _ENDINGS:
                return ending
    return None


def _says_dot(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].norm in ("point", "dot", "tiret", "dash")


def _is_dot(tokens: Sequence[Token], at: int) -> bool:
    """Whether the full stop at ``at`` is part of an address: "gmail.com", "gmail .com"."""
    if at + 1 >= len(tokens) or not tokens[at + 1].glued:
        return False
    return tokens[at].glued or tokens[at + 1].norm in _ENDINGS


def _local(tokens: Sequence[Token], at: int, numbers: Numbers) -> tuple[str, int]:
    """Read backwards what stands before the at sign: its text and first token."""
    parts: list[str] = []
    first, here, joined = at, at - 1, True
    while here >= 0 and at - here <= _LONGEST_LOCAL:
        token = tokens[here]
        if token.norm in _FILLERS or (token.text == "," and _is_pause(tokens, here, joined)):
            here -= 1
            continue
        aside = _aside(tokens, here) if not parts else 0
        if aside:
            here -= aside
            continue
        joiner = _joiner(tokens, here)
        if joiner is not None and parts:
            sign, here = joiner
            parts.append(sign)
            joined = True
            continue
        if token.text == "\n" or not (token.is_word or token.is_digits):
            break
        if not _belongs(tokens, here, joined, bool(parts), numbers):
            break
        number_start = _number_start(tokens, here, numbers)
        if number_start is not None:
            number = numbers.at(number_start)
            parts.append(number.digits if number else token.norm)
            here = number_start
        elif (
            here >= 2
            and tokens[here - 1].norm in ("comme", "for")
            and len(tokens[here - 2].norm) == 1
        ):
            here -= 2
            parts.append(tokens[here].norm)
        else:
            parts.append(token.norm)
        first, joined = here, False
        here -= 1
    while parts and parts[-1] in "._-+":
        parts.pop()
    return "".join(reversed(parts)), first


def _is_pause(tokens: Sequence[Token], here: int, joined: bool) -> bool:
    """Whether the comma at ``here`` stands inside of an address: "julie, point, bernard"."""
    return joined or (here > 0 and _joiner(tokens, here - 1) is not None)


def _aside(tokens: Sequence[Token], here: int) -> int:
    """Return the tokens of what is said between name and sign: "tout attaché, arobase"."""
    for aside in _ASIDES.get(tokens[here].norm, ()):
        first = here + 1 - len(aside)
        if first > 0 and tuple(token.norm for token in tokens[first : here + 1]) == aside:
            return len(aside)
    return 0


def _joiner(tokens: Sequence[Token], here: int) -> tuple[str, int] | None:
    """Return the sign said by the tokens that end at ``here``, and the place before them."""
    if tokens[here].norm in ("bas", "souligne") and here:
        start = here - 1
        if tokens[start].norm == "du" and start:
            start -= 1
        if tokens[start].norm in ("tiret", "trait"):
            return "_", start - 1
    sign = _JOINERS.get(tokens[here].norm)
    return None if sign is None else (sign, here - 1)


def _belongs(
    tokens: Sequence[Token], here: int, joined: bool, begun: bool, numbers: Numbers
) -> bool:
    token = tokens[here]
    if joined and begun:
        return True  # whatever stands before "point"
    number = _number_start(tokens, here, numbers)
    if number is not None and (number < here or not begun):
        return True
    if token.norm in _STOPS and len(token.norm) != 1:
        return False
    if len(token.norm) == 1:
        before = tokens[here - 1].norm if here else ""
        after = tokens[here + 1].norm if here + 1 < len(tokens) else ""
        if after in ("'", "’"):
            return False
        return not begun or token.norm not in "acly" or len(before) == 1 or before in _SIGN_WORDS
    if not begun:
        return True
    known = token.norm in lexicon().given
    return known or number is not None or not is_common(token.norm)


def _number_start(tokens: Sequence[Token], last: int, numbers: Numbers) -> int | None:
    """Return where the longest number that ends with token ``last`` begins."""
    best = None
    for start in range(last, max(-1, last - 6), -1):
        number = numbers.at(start)
        if number is not None and number.last == last + 1:
            best = start
    return best


def spoken_url(tokens: Sequence[Token], at: int, numbers: Numbers) -> Candidate | None:
    """Return the web address that begins with "www" or "http" at ``at``."""
    if tokens[at].norm == "w" and [token.norm for token in tokens[at : at + 3]] != ["w"] * 3:
        return None
    here = at + (3 if tokens[at].norm == "w" else 1)
    here += here < len(tokens) and tokens[here].norm in _DOTS
    domain = _domain(tokens, here, numbers)
    if domain is None:
        return None
    host, last = domain
    return Candidate("website", f"www.{host}", tokens[at].start, tokens[last - 1].end, 3)
