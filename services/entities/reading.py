"""What every detector does with a list of tokens: look at a word, skip some, read a number."""

from collections.abc import Collection, Sequence

from services.entities.numbers import Number, Numbers
from services.entities.tokens import Token


class Reader:
    """Tokens of one text and its numbers; places outside of the text hold nothing."""

    def __init__(self, tokens: Sequence[Token], numbers: Numbers) -> None:
        self._tokens = tokens
        self._numbers = numbers
        self._language = numbers.language
        self._folded = numbers.norms
        self._count = len(numbers.norms)

    def _norm(self, at: int) -> str:
        """Return the folded token at ``at``, "" outside of the text."""
        return self._folded[at] if 0 <= at < self._count else ""

    def _norms(self, at: int, count: int) -> tuple[str, ...]:
        """Return ``count`` folded tokens from ``at`` on."""
        return self._folded[at : at + count] if at >= 0 else ()

    def _before(self, at: int, count: int) -> list[str]:
        """Return at most ``count`` folded tokens before ``at``, in text order."""
        return list(self._folded[max(0, at - count) : at])

    def _number(self, at: int) -> Number | None:
        return self._numbers.at(at)

    def _skip(self, at: int, words: Collection[str]) -> int:
        while at < self._count and self._folded[at] in words:
            at += 1
        return at
