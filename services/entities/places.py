"""Finds postal addresses, postcodes and the towns that go with them."""

import re
from collections.abc import Collection, Sequence

from services.entities.candidates import Candidate
from services.entities.numbers import Numbers
from services.entities.streets import COMPLEMENTS, LIVE, REACH, StreetReader
from services.entities.tokens import Token

_UK_POSTCODE = re.compile(r"\b(?:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2})\b")
_US_ZIP = re.compile(r"\b[A-Z]{2} (\d{5}(?:-\d{4})?)\b")
_POSTCODE_WORDS = frozenset({"postal", "postcode", "zip", "postale", "cp"})
_BETWEEN = frozenset(
    {",", "a", "\n", "in", "le", "c", "'", "est", "code", "postal", "-", "dans", "au"}
)


def places(
    text: str,
    tokens: Sequence[Token],
    numbers: Numbers,
    taken: Collection[int],
    starts: Collection[int],
) -> list[Candidate]:
    """Return addresses, postcodes and, beside them or where somebody lives, towns.

    ``starts`` are the tokens where one may begin.
    """
    reader = _PlaceReader(text, tokens, numbers, taken)
    found: list[Candidate] = []
    at = 0
    while at < len(tokens):
        hit = None if at in taken or at not in starts else reader.place(at)
        if hit is None:
            at += 1
            continue
        candidates, at = hit
        found.extend(candidates)
    if starts and text.upper() != text:
        found += [
            Candidate("postcode", match.group(), *match.span(), 3)
            for match in _UK_POSTCODE.finditer(text)
        ]
        found += [
            Candidate("postcode", match.group(1), *match.span(1), 3)
            for match in _US_ZIP.finditer(text)
        ]
    return found


class _PlaceReader(StreetReader):
    def __init__(
        self, text: str, tokens: Sequence[Token], numbers: Numbers, taken: Collection[int]
    ) -> None:
        super().__init__(tokens, numbers, taken)
        self._text = text

    def place(self, at: int) -> tuple[list[Candidate], int] | None:
        """Return what begins at ``at`` with what follows it, and the place behind."""
        street = self._french_address(at) or self._english_address(at)
        if street is not None:
            street = self._complements(street)
            return self._with_town([self._candidate("address", at, street, 3)], street)
        inside = self._complements(at) if self._norm(at) in COMPLEMENTS else at
        if inside > at and self._complement(at) != inside:
            return self._with_town([self._candidate("address", at, inside)], inside)
        postcode = self._postcode(at)
        if postcode is not None:
            value, last = postcode
            code = Candidate("postcode", value, self._start(at), self._end(last), 2)
            return self._with_town([code], last)
        town = self._town(at)
        if town is None:
            return None
        city = self._candidate("city", at, town)
        here = town + (self._norm(town) in (",", "(", "le"))
        postcode = self._postcode(here, after_address=True)
        if postcode is not None:
            value, last = postcode
            return [city, Candidate("postcode", value, self._start(here), self._end(last), 2)], last
        if self._lives(at):
            return [city], town
        return None

    def _with_town(self, found: list[Candidate], at: int) -> tuple[list[Candidate], int]:
        """Add the postcode and the town that follow within a few link words."""
        here = at
        for _ in range(4):
            if here >= len(self._tokens):
                break
            postcode = self._postcode(here, after_address=True)
            if postcode is not None and not any(one.kind == "postcode" for one in found):
                value, last = postcode
                found.append(Candidate("postcode", value, self._start(here), self._end(last), 2))
                at = here = last
                continue
            town = self._town(here) or self._unlisted_town(here)
            if town is not None:
                found.append(self._candidate("city", here, town))
                at = here = town
                continue
            if self._norm(here) not in _BETWEEN:
                break
            here += 1
        return found, at

    def _postcode(self, at: int, *, after_address: bool = False) -> tuple[str, int] | None:
        """Read five digits that the words around make a postcode: "75011 Paris"."""
        if at >= len(self._tokens) or at in self._taken:
            return None
        code, last = self._five_digits(at)
        if code is None or not "00" < code[:2] <= "98":
            return None
        if after_address:
            return code, last
        here = last + (self._norm(last) in (",", "a", "-"))
        if self._town(here) is not None:
            return code, last
        window = [token.norm for token in self._tokens[max(0, at - REACH) : at]]
        after = [token.norm for token in self._tokens[last : last + 6]]
        if any(norm in _POSTCODE_WORDS for norm in (*window, *after)):
            return code, last
        if window[-2:] == ["dans", "le"]:
            return code, last
        if any(norm in LIVE for norm in window) and window[-1:] in (
            ["le"],
            ["au"],
            ["dans"],
            ["a"],
        ):
            return code, last
        return None

    def _five_digits(self, at: int) -> tuple[str | None, int]:
        """Read a postcode said as one number, or as "soixante-quinze zéro onze"."""
        number = self._number(at)
        if number is None or self._inside_number(at):
            return None, at
        if not number.spoken:
            if len(number.digits) == 5:
                return number.digits, number.last
            if len(number.digits) != 2:
                return None, at
        if number.spoken and 1000 <= number.value <= 98999 and len(number.digits) > 3:
            return f"{number.value:05d}", number.last
        digits, here = "", at
        while len(digits) < 5:
            group = self._number(here)
            if group is None or here in self._taken:
                return None, at
            digits += group.digits
            here = group.last
            if self._norm(here) in ("euh", "heu", "um", "uh") and len(digits) < 5:
                here += 1
        following = self._number(here)
        return (digits, here) if len(digits) == 5 and following is None else (None, at)

    def _inside_number(self, at: int) -> bool:
        if at == 0:
            return False
        if self._tokens[at - 1].text == "-" and self._tokens[at - 1].glued:
            return True
        return self._number(at - 1) is not None

    def _candidate(self, kind: str, first: int, last: int, strength: int = 2) -> Candidate:
        start, end = self._start(first), self._end(last)
        return Candidate(kind, " ".join(self._text[start:end].split()), start, end, strength)

    def _start(self, at: int) -> int:
        return self._tokens[at].start

    def _end(self, last: int) -> int:
        return self._tokens[last - 1].end
