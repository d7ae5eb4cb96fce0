"""The word lists that names and towns are recognised by, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class Lexicon:
    """Folded words. ``ambiguous`` are given names that are everyday words too.

    ``cities`` holds towns as the tuples of their words, by the first one.
    """

    given: frozenset[str]
    ambiguous: frozenset[str]
    family: frozenset[str]
    cities: Mapping[str, tuple[tuple[str, ...], ...]]
    common: frozenset[str]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the lists; the first call takes about 10 ms."""
    given: set[str] = set()
    ambiguous: set[str] = set()
    entries = iter(_words("given_names.txt"))
    for word in entries:
        if word == "~":
            word = next(entries)
            ambiguous.add(word)
        given.add(word)
    cities: dict[str, tuple[tuple[str, ...], ...]] = {}
    for city in _words("cities.txt"):
        parts = tuple(city.split("-"))
        cities[parts[0]] = (*cities.get(parts[0], ()), parts)
    return Lexicon(
        given=frozenset(given),
        ambiguous=frozenset(ambiguous),
        family=frozenset(_words("family_names.txt")),
        cities=cities,
        common=frozenset(_words("common_words.txt")),
    )


def is_common(word: str) -> bool:
    """Whether the folded ``word`` is one of everyday French or English."""
    return word in lexicon().common


def _words(name: str) -> list[str]:
    text = (resources.files("services.entities") / "data" / name).read_text("utf-8")
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
