"""Word error rate between what was said and what was heard, blind to how numbers are written.

Normalisation: Unicode NFC, lower case, no punctuation (an apostrophe or a hyphen parts words), and
every number, written in words or in figures, as single digits ("11h20" and "onze heures vingt" are
the same words). Accents count.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_UNITS = {
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"
    " seize",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen",
}
_TENS = {
    "fr": {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60},
    "en": dict(
        zip(
            ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
            range(20, 100, 10),
            strict=True,
        )
    ),
}
_SMALL = {
    language: {word: value for value, word in enumerate(words.split())} | _TENS[language]
    for language, words in _UNITS.items()
}
_SMALL["fr"] |= {"une": 1, "vingts": 20}
_HUNDRED = {"fr": {"cent", "cents"}, "en": {"hundred"}}
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")


def words(text: str, language: str) -> list[str]:
    """Return the words to compare: lower case, no punctuation, every number as single digits."""
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    plain = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d)", "", plain)
    plain = re.sub(r"(?<=\d) ?h(?=\d|\b)", " heures ", plain)  # 11h20, 14 h
    tokens = [token for token in _WORD.findall(plain) if token]
    return list(_digits(tokens, language))


def _digits(tokens: Sequence[str], language: str) -> Iterable[str]:
    """Write each run of number words as the digits of its numbers, one token a digit."""
    index = 0
    while index < len(tokens):
        if tokens[index][0].isdigit():
            yield from (sign for sign in tokens[index] if sign.isdigit())
            index += 1
            continue
        value, length = _number(tokens[index:], language)
        if length:
            yield from str(value)
            index += length
        else:
            yield tokens[index]
            index += 1


def _number(tokens: Sequence[str], language: str) -> tuple[int, int]:
    """Return the number that ``tokens`` start with and how many words it takes (0: none)."""
    small, hundred = _SMALL[language], _HUNDRED[language]
    total = 0
    last: int | None = None  # what was added last: a number only goes on in smaller steps
    used = 0
    for position, token in enumerate(tokens):
        if token in hundred and (last is None or (last < 10 and total < 10)):
            total, last = max(total, 1) * 100, 100
        elif token in {"et", "and"} and last is not None and last >= 20:
            continue  # "vingt et un", "two hundred and nine"; dropped again when nothing follows
        elif token in small:
            value = small[token]
            if language == "fr" and value == 20 and last == 4:
                total, value = total + 76, 20  # quatre-vingts
                last = 80
                used = position + 1
                continue
            if last is not None and not _goes_on(value, last, language):
                break
            total, last = total + value, value
        else:
            break
        used = position + 1
    return total, used


def _goes_on(value: int, last: int, language: str) -> bool:
    if last == 100:
        return True
    room = 17 if language == "fr" and last in {60, 80} else 10
    teen = language == "fr" and last == 10 and 7 <= value <= 9
    return teen or (last >= 20 and 0 < value < room)


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return the least number of words to insert, delete or replace (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, start=1):
        previous, row[0] = row[0], count
        for index, other in enumerate(heard, start=1):
            previous, row[index] = (
                row[index],
                min(row[index] + 1, row[index - 1] + 1, previous + (word != other)),
            )
    return row[-1]


def word_error_rate(pairs: Iterable[tuple[str, str]], language: str) -> float:
    """Return errors over words said, for ``(said, heard)`` pairs taken together.

    Raises:
        ValueError: when nothing was said.
    """
    wrong = total = 0
    for said, heard in pairs:
        reference = words(said, language)
        wrong += errors(reference, words(heard, language))
        total += len(reference)
    if not total:
        msg = "nothing was said: there is no rate"
        raise ValueError(msg)
    return wrong / total
