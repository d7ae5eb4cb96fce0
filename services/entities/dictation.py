"""Finds what is dictated piece by piece: digits in groups, letters, and both mixed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.contracts.base import Language
from services.entities.numbers import Number, Numbers
from services.entities.tokens import Token, words

_NATO = {
    "alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E",
    "foxtrot": "F", "golf": "G", "hotel": "H", "india": "I", "juliet": "J", "juliett": "J",
    "kilo": "K", "lima": "L", "mike": "M", "november": "N", "oscar": "O", "papa": "P",
    "quebec": "Q", "romeo": "R", "sierra": "S", "tango": "T", "uniform": "U", "victor": "V",
    "whiskey": "W", "whisky": "W", "xray": "X", "yankee": "Y", "zulu": "Z", "zed": "Z",
}  # fmt: skip
_REPEATS = {"double": 2, "deux fois": 2, "triple": 3}
PIECES = frozenset({*_NATO, *_REPEATS, "+", "plus"})
"""Words and signs that something dictated may begin with, beside numbers, letters and capitals."""
_DOUBLED_W: dict[Language, str] = {"fr": "V", "en": "U"}
"""The letter that said double is a W."""
_SPELL_WITH = frozenset({"comme", "for", "like", "as"})
_SIGNS = frozenset("-./,()–…:_ ")
_FILLERS = words(
    "euh heu euhm hum hmm mmh ben bah alors donc puis ensuite apres attendez attends um uh er "
    "erm then so well tiret espace slash barre dash space hyphen stroke point cle"
)
_CORRECTION_TRIGGERS = words(
    "non pardon oups trompe plutot desole desolee sorry no mean rather oops"
)
_CORRECTION_WORDS = _CORRECTION_TRIGGERS | words(
    "euh enfin excusez moi je me suis c est ' , . i wait actually it s uh um mais attendez "
    "vous veux dire"
)
_LONGEST_CORRECTION = 8
_ORDINAL_ENDINGS = frozenset({"e", "eme", "er", "ere", "nd", "nde", "st", "rd", "th", "h", "s"})
_SHORT_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset({"a", "y", "o", "i"}),
    "en": frozenset({"a", "i", "o"}),
}
"""Words of one letter: they are dictated letters only between two other pieces."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one breath adds: ``chars`` (digits, capitals or "+") said by tokens [first, last)."""

    chars: str
    first: int
    last: int
    number: Number | None = None
    corrects: bool = False
    """Whether it was said to replace the piece before."""


@dataclass(frozen=True)
class Run:
    """Pieces said one after the other, tokens [first, last)."""

    pieces: tuple[Piece, ...]

    @property
    def first(self) -> int:
        return self.pieces[0].first

    @property
    def last(self) -> int:
        return self.pieces[-1].last

    @cached_property
    def chars(self) -> str:
        """Return what was dictated, corrections made."""
        kept: list[str] = []
        for piece in self.pieces:
            if piece.corrects and kept:
                kept.pop()
            kept.append(piece.chars)
        return "".join(kept)

    @cached_property
    def digits(self) -> str:
        """Return only the digits."""
        return "".join(char for char in self.chars if char.isdigit())

    @property
    def cardinal(self) -> bool:
        """Whether it is one number as one counts, not something dictated."""
        numbers = [piece.number for piece in self.pieces if piece.number is not None]
        if len(numbers) != len(self.pieces):
            return False
        if len(numbers) == 1:
            return numbers[0].spoken or len(numbers[0].digits) < 4
        groups = [piece.chars for piece in self.pieces]
        return (
            not any(number.spoken for number in numbers)
            and len(groups[0]) <= 3
            and groups[0] != "0"
            and not groups[0].startswith("0")
            and groups[-1] == "000"
            and all(len(group) == 3 for group in groups[1:])
        )


def runs(
    tokens: Sequence[Token], numbers: Numbers, taken: Collection[int], starts: Collection[int]
) -> list[Run]:
    """Return what is dictated in ``tokens``, leaving out those in ``taken``.

    ``starts`` are the tokens where something may begin.
    """
    found: list[Run] = []
    reader = _PieceReader(tokens, numbers, taken)
    at = 0
    while at < len(tokens):
        pieces = _pieces_from(tokens, reader, at) if at in starts else None
        if pieces:
            found.append(Run(tuple(pieces)))
            at = pieces[-1].last
        else:
            at += 1
    return found


def _pieces_from(tokens: Sequence[Token], reader: "_PieceReader", at: int) -> list[Piece]:
    piece = reader.piece(at, after_piece=False)
    if piece is None:
        return []
    pieces = [piece]
    while True:
        here, corrects = reader.gap(pieces[-1].last)
        piece = reader.piece(here, after_piece=True)
        if piece is None or _parts(tokens, pieces[-1], piece):
            return pieces
        if corrects:
            piece = Piece(piece.chars, piece.first, piece.last, piece.number, corrects=True)
        pieces.append(piece)


def _parts(tokens: Sequence[Token], before: Piece, after: Piece) -> bool:
    """Whether two written numbers are whole each: "0612345678, 75011"."""
    whole = 5
    between = {token.text for token in tokens[before.last : after.first]}
    return bool(between & {",", "."}) and len(before.chars) >= whole <= len(after.chars)


class _PieceReader:
    def __init__(self, tokens: Sequence[Token], numbers: Numbers, taken: Collection[int]) -> None:
        self._tokens = tokens
        self._numbers = numbers
        self._taken = taken

    def piece(self, at: int, *, after_piece: bool) -> Piece | None:
        """Return the piece that begins at ``at``."""
        if at >= len(self._tokens) or at in self._taken:
            return None
        token = self._tokens[at]
        if not after_piece and token.norm in ("+", "plus"):
            follower = self.piece(at + 1, after_piece=True)
            if follower is not None and follower.number is not None and follower.first == at + 1:
                return Piece("+" + follower.chars, at, follower.last, follower.number)
            return None
        if token.norm in _REPEATS and at + 1 < len(self._tokens):
            follower = self.piece(at + 1, after_piece=True)
            if follower is not None and len(follower.chars) == 1:
                chars = follower.chars * _REPEATS[token.norm]
                if token.norm == "double" and follower.chars == _DOUBLED_W[self._numbers.language]:
                    chars = "W"
                return Piece(chars, at, follower.last, follower.number)
            return None
        number = self._number(at, after_piece=after_piece)
        if number is not None:
            return Piece(number.digits, at, number.last, number)
        return self._letters(at, after_piece=after_piece) if token.is_word else None

    def gap(self, at: int) -> tuple[int, bool]:
        """Skip what may stand between two pieces; say whether it announces a correction."""
        here = at
        while here < len(self._tokens) and here - at < 3 and here not in self._taken:
            token = self._tokens[here]
            joined = token.norm in ("et", "and") and self._norm(here + 1) in _FILLERS
            if token.text not in _SIGNS and token.norm not in _FILLERS and not joined:
                break
            here += 1
        end, triggered = here, False
        while end < len(self._tokens) and end - here < _LONGEST_CORRECTION:
            norm = self._tokens[end].norm
            if norm not in _CORRECTION_WORDS or end in self._taken:
                break
            triggered = triggered or norm in _CORRECTION_TRIGGERS
            end += 1
        return (end, True) if triggered else (here, False)

    def _number(self, at: int, *, after_piece: bool) -> Number | None:
        token = self._tokens[at]
        if token.norm in ("o", "oh") and not (
            self._is_digit_word(at + 1) or (after_piece and self._is_digit_word(at - 1))
        ):
            return None
        number = self._numbers.at(at)
        if number is None:
            return None
        if any(place in self._taken for place in range(at, number.last)):
            return None
        return number

    def _letters(self, at: int, *, after_piece: bool) -> Piece | None:
        token = self._tokens[at]
        following = self._norm(at + 1)
        if len(token.norm) == 1:
            if following in _SPELL_WITH:
                word = at + 2 + (self._norm(at + 2) == "in")
                if word < len(self._tokens) and self._tokens[word].is_word:
                    return Piece(token.norm.upper(), at, word + 1)
            return Piece(token.norm.upper(), at, at + 1) if self._is_letter(at) else None
        if token.norm in _NATO and (after_piece or self._begins_piece(at + 1)):
            return Piece(_NATO[token.norm], at, at + 1)
        if not token.text.isascii() or len(token.text) > 6:
            return None
        before = self._tokens[at - 1] if at else None
        after = self._tokens[at + 1] if at + 1 < len(self._tokens) else None
        to_digits = after is not None and after.is_digits and after.glued
        from_digits = token.glued and before is not None and before.is_digits
        if from_digits and token.norm in _ORDINAL_ENDINGS:
            return None
        hyphened = token.text.isupper() and after is not None and after.text == "-"
        capitals = token.text.isupper() and (
            (after_piece and len(token.text) <= 3)
            or (after is not None and after.is_digits and len(token.text) <= 3)
            or (hyphened and self._is_number(at + 2))
        )
        if capitals or to_digits or (from_digits and token.norm.isalpha()):
            return Piece(token.text.upper(), at, at + 1)
        return None

    def _is_letter(self, at: int) -> bool:
        """Whether the one-letter token at ``at`` is a dictated letter."""
        token = self._tokens[at]
        if self._norm(at + 1) in ("'", "’") or self._norm(at - 1) in ("'", "’"):
            return False  # "j'", "l'", "I'm", "it's"
        if not token.text.isascii():
            return False
        left, right = self._one_letter(at - 1), self._one_letter(at + 1)
        if token.norm in _SHORT_WORDS[self._numbers.language] and not token.text.isupper():
            # "c v 7 5 a g": an article never stands before a letter alone.
            english = self._numbers.language == "en"
            return (left and (right or self._one_letter(at - 2))) or (
                right and (self._one_letter(at + 2) or (english and self._is_number(at - 1)))
            )
        follower = at + 1 + (self._norm(at + 1) in ("tiret", "dash", "hyphen", "slash"))
        return left or right or self._is_number(at - 1) or self._is_number(follower)

    def _one_letter(self, at: int) -> bool:
        if not 0 <= at < len(self._tokens):
            return False
        token = self._tokens[at]
        if token.text in ("-", ".", ","):
            return False
        return token.is_word and (len(token.norm) == 1 or token.norm in _NATO)

    def _begins_piece(self, at: int) -> bool:
        return self._one_letter(at) or self._is_number(at)

    def _is_number(self, at: int) -> bool:
        if not 0 <= at < len(self._tokens) or at in self._taken:
            return False
        return self._numbers.at(at) is not None

    def _is_digit_word(self, at: int) -> bool:
        said = self._norm(at)
        return said in ("double", "triple") or (said != "o" and self._is_number(at))

    def _norm(self, at: int) -> str:
        return self._tokens[at].norm if 0 <= at < len(self._tokens) else ""
