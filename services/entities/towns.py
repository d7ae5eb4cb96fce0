"""Recognises towns, by a list and by a capital where one must stand."""

from collections.abc import Collection, Sequence

from services.entities.lexicon import is_common, lexicon
from services.entities.numbers import Numbers
from services.entities.reading import Reader
from services.entities.tokens import Token

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
        best = self._listed_town(at)
        if best is not None:
            return self._beyond(best)
        token = self._tokens[at]
        named_before = self._norm(at - 1) in ("a", "in") or (at and self._tokens[at - 1].is_digits)
        unknown = not is_common(token.norm) and token.norm not in lexicon().given
        if token.is_capital and named_before and len(token.norm) > 2 and unknown:
            return self._beyond(at + 1)
        return None

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
