"""Tells which words belong to a name, once it has begun."""

from collections.abc import Collection, Sequence

from services.entities.introductions import NEVER, PARTICLES, TITLES, Phrases
from services.entities.lexicon import is_common, lexicon
from services.entities.numbers import NUMBER_WORDS, Numbers
from services.entities.reading import Reader
from services.entities.tokens import Token, words

_EVERYDAY = words(
    "petit grand gros long little young short price day read page pages legal jeune sage "
    "riche rouge may law power porte salle forget avril fevrier janvier montagne porter comte"
)
"""Family names so common as words that behind a lower-case given name they say nothing."""
_LIGHT_PARTICLES = frozenset({"de", "la", "le", "a", "al", "n", "o", "d"})
"""Particles that are everyday words: a name goes on behind them only with a sure word."""
_SENTENCE_STARTS = frozenset('.!?…\n:-"«')
_MOST_WORDS = 5
_SHORTEST_REST = 3


class NameWords(Reader):
    """Looks at the words of one text as parts of names; ``taken`` tokens are something else."""

    def __init__(
        self, text: str, tokens: Sequence[Token], numbers: Numbers, taken: Collection[int]
    ) -> None:
        super().__init__(tokens, numbers)
        self._taken = taken
        self._words = lexicon()
        # Shouted text says nothing by its capitals.
        self._cased = any(char.islower() for char in text)
        self._number_words = NUMBER_WORDS[numbers.language]

    def _extend(self, at: int, *, lax: bool) -> int:
        """Return the place behind the name whose first word is at ``at``.

        ``lax`` takes words that are everyday ones too, where a name must stand.
        """
        last = here = at + 1
        count = 0 if self._norm(at) in PARTICLES else 1
        while here < len(self._tokens) and count < _MOST_WORDS and not self._spelling(here):
            joined = self._joined(here)
            if joined is not None:
                last = here = joined
            elif self._norm(here) == "." and len(self._norm(here - 1)) == 1:
                here += 1
            elif self._norm(here) in PARTICLES and not self._is_initial(here):
                follower = self._skip(here, PARTICLES)
                light = self._norm(here) in _LIGHT_PARTICLES
                if not self._is_name_word(follower) or (light and not self._surely(follower)):
                    break
                here = follower
            elif self._is_name_word(here) and self._continues(here, lax=lax or count == 0):
                last = here = here + 1
                count += 1
            else:
                break
        return last

    def _spelling(self, at: int) -> bool:
        """Whether letters are spelled from ``at`` on: "Benhamou B E N ..."."""
        return len(self._norm(at)) == 1 == len(self._norm(at + 1)) and all(
            self._norm(here).isalpha() for here in (at, at + 1)
        )

    def _joined(self, at: int) -> int | None:
        """Return the place behind "-Claire" or, behind one letter, "'Connor"."""
        sign, follower = self._norm(at), at + 1
        if sign not in ("-", "'") or follower >= len(self._tokens):
            return None
        if not (self._tokens[follower].is_word and self._tokens[follower].glued):
            return None
        if sign == "-":
            return None if self._norm(follower) in NEVER else follower + 1
        return follower + 1 if len(self._norm(at - 1)) == 1 else None  # not "Paul's"

    def _surely(self, at: int) -> bool:
        token = self._tokens[at]
        return self._capital(at) or token.norm in self._words.family or not is_common(token.norm)

    def _continues(self, at: int, *, lax: bool) -> bool:
        token = self._tokens[at]
        if self._cased and token.is_capital:
            return not (is_common(token.norm) and self._opens_sentence(at))
        if token.norm in self._words.family:
            return lax or token.norm not in _EVERYDAY
        if token.norm in self._words.given:
            return token.norm not in self._words.ambiguous or lax
        return not is_common(token.norm) and (lax or not self._capital(at - 1))

    def _is_name_word(self, at: int) -> bool:
        if not 0 <= at < len(self._tokens) or at in self._taken:
            return False
        token = self._tokens[at]
        if not token.is_word or token.norm in NEVER or token.norm in self._number_words:
            return False
        if len(token.norm) == 1:
            return self._is_initial(at)
        return token.norm not in TITLES

    def _is_initial(self, at: int) -> bool:
        """Whether the letter at ``at`` begins a name: "J. Moreau", "M'Bappé", "o'connor"."""
        token = self._tokens[at]
        if not token.is_word or len(token.norm) != 1:
            return False
        if self._norm(at + 1) == ".":
            return token.is_capital and self._capital(at + 2)
        if token.is_capital and self._capital(at - 1) and self._capital(at + 1):
            return True
        follower = at + 2
        if self._norm(at + 1) != "'" or follower >= len(self._tokens) or token.norm not in "mnod":
            return False
        name = self._norm(follower)
        if is_common(name) or len(name) <= _SHORTEST_REST:
            return False
        # "m'bappé", "n'diaye", "o'connor" in lower case, but not "n'hésitez".
        foreign = token.norm == "o" or (token.norm in "mn" and name[0] in "bdgp")
        return foreign or self._capital(follower)

    def _is_given(self, at: int) -> bool:
        return self._norm(at) in self._words.given and self._norm(at) not in self._words.ambiguous

    def _capital(self, at: int) -> bool:
        return self._cased and 0 <= at < len(self._tokens) and self._tokens[at].is_capital

    def _opens_sentence(self, at: int) -> bool:
        return at == 0 or self._tokens[at - 1].text in _SENTENCE_STARTS

    def _led_by(self, at: int, phrases: Phrases) -> tuple[str, ...] | None:
        """Return the one of ``phrases`` that ends before ``at``, the longest."""
        fitting = [
            phrase
            for phrase in phrases.get(self._norm(at - 1), ())
            if self._norms(at - len(phrase), len(phrase)) == phrase
        ]
        return max(fitting, key=len, default=None)
