"""Every number below a million, said in words, is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.base import Language
from services.entities.numbers import number_at
from services.entities.tokens import tokenize
from tests.fakes.spelling import english, french

NUMBERS = st.integers(min_value=0, max_value=999_999)


def read(text: str, language: Language) -> int | None:
    tokens = tokenize(text)
    number = number_at(tokens, 0, language)
    return number.value if number is not None and number.last == len(tokens) else None


@given(NUMBERS, st.booleans(), st.booleans(), st.booleans())
def test_reads_french(number: int, swiss: bool, feminine: bool, hyphens: bool) -> None:
    said = french(number, swiss=swiss, feminine=feminine)
    assert read(said if hyphens else said.replace("-", " "), "fr") == number


@given(NUMBERS)
def test_reads_french_of_the_reformed_spelling(number: int) -> None:
    assert read(french(number).replace(" ", "-"), "fr") == number


@given(NUMBERS, st.booleans(), st.booleans())
def test_reads_english(number: int, hyphens: bool, joined: bool) -> None:
    said = english(number)
    said = said if hyphens else said.replace("-", " ")
    assert read(said if joined else said.replace(" and ", " "), "en") == number


def test_reads_every_number_below_ten_thousand() -> None:
    assert [n for n in range(10_000) if read(french(n), "fr") != n] == []
    assert [n for n in range(10_000) if read(english(n), "en") != n] == []


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("septante-deux", 72),
        ("octante-huit", 88),
        ("huitante", 80),
        ("nonante-neuf", 99),
        ("dix-neuf cent quatre-vingt-quatre", 1984),
        ("vingt et une", 21),
        ("deux millions trois cent mille", 2_300_000),
        ("ZÉRO", 0),
    ],
)
def test_reads_regional_and_old_forms(said: str, value: int) -> None:
    assert read(said, "fr") == value


@pytest.mark.parametrize("said", ["vingt cent", "et un", "un cent", "cents deux", "bonjour", "-"])
def test_does_not_read_what_nobody_says_for_one_number(said: str) -> None:
    assert read(said, "fr") is None


def test_keeps_leading_zeros_of_written_digits() -> None:
    number = number_at(tokenize("0042"), 0, "fr")
    assert number is not None
    assert (number.value, number.digits, number.spoken) == (42, "0042", False)
