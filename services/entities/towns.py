"""Recognises towns, by a list and by a capital where one must stand."""

from collections.abc import Collection, Sequence

from services.entities.lexicon import is_common, lexicon
from services.entities.numbers import NUMBER_WORDS, Numbers
from services.entities.reading import Reader
from services.entities.tokens import Token

_SHORTEST_TOWN = 3
_SAINTS = frozenset({"saint", "sainte", "st", "ste"})
_TOWN_SIGNS = frozenset({"-", "'", "’"})


class TownReader(Reader):
    """Reads towns in tokens that are not ``taken`` by something else."""

    def __init__(self, tokens: Sequence[Token], numbers: Numbers, taken: Collection[int]) -> None:
        super().__init__(tokens, numbers)
        self._taken = taken

    def _town(self, at: int) -> int | None:
        """Return the place behind the town that begins at ``at``: the longest one of the list."""
        if at >= len(self._tokens) or not self._tokens[at].is_word or at in self._taken:
            return None
        token = self._tokens[at]
        listed = _town_word(token.norm) in lexicon().cities
        if not listed and not token.is_capital:
            return None
        best = self._listed_town(at) if listed else None
        if best is not None:
            return self._beyond(best)
        behind_number = (
            self._norm(at - 1) in NUMBER_WORDS[self._language] and self._number(at) is None
        )
        named_before = (
            self._norm(at - 1) in ("a", "in")
            or behind_number
            or (at > 0 and self._tokens[at - 1].is_digits)
        )
        saint = token.norm in _SAINTS and self._norm(at + 1) == "-"
        unknown = saint or (not is_common(token.norm) and token.norm not in lexicon().given)
        if token.is_capital and named_before and len(token.norm) > 2 and unknown:
            return self._beyond(at + 1)
        return None

    def _unlisted_town(self, at: int) -> int | None:
        """Return the place behind a capitalised word that follows an address and a comma."""
        named = self._norm(at - 1) in (",", "a", "\n") and at < len(self._tokens)
        if not named or not self._tokens[at].is_word or not self._tokens[at].is_capital:
            return None
        norm = self._tokens[at].norm
        if len(norm) < _SHORTEST_TOWN or (is_common(norm) and norm not in _SAINTS):
            return None
        return None if norm in lexicon().given else self._beyond(at + 1)

    def _listed_town(self, at: int) -> int | None:
        """Return the place behind the longest town of the list that begins at ``at``."""
        first = _town_word(self._tokens[at].norm)
        best = None
        for parts in lexicon().cities.get(first, ()):
            here = at
            for part in parts:
                here = self._skip(here, _TOWN_SIGNS)
                if _town_word(self._norm(here)) != part:
                    break
                here += 1
            else:
                best = max(best or 0, here)
        return best

    def _beyond(self, at: int) -> int:
        """Take along hyphened or capitalised parts: "Saint-Maur-les-Fossés"."""
        here = at
        while (
            here + 1 < len(self._tokens)
            and self._tokens[here].text == "-"
            and self._tokens[here].glued
        ):
            here += 2
        return here


def _town_word(norm: str) -> str:
    return "saint" if norm == "st" else norm
