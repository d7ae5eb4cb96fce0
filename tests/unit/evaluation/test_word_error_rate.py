"""The scorer of transcripts: numbers may be written as digits or as words."""

import pytest

from services.evaluation.wer import word_error_rate, words


@pytest.mark.parametrize(
    ("language", "said", "heard"),
    [
        ("fr", "deux cent quarante-neuf euros", "249 euros"),
        ("fr", "quatre, sept, deux, un, neuf, zéro", "4 7 2 1 9 0"),
        ("fr", "quatre, sept, deux, un, neuf, zéro", "472190"),
        ("fr", "à onze heures vingt", "À 11h20"),
        ("fr", "quatre-vingt-dix-sept", "97"),
        ("fr", "soixante et onze", "71"),
        ("fr", "quatre-vingts", "80"),
        ("en", "thirty-two pounds", "32 pounds"),
        ("en", "five, five, eight, zero", "5580"),
        ("en", "two hundred and nine", "209"),
        ("fr", "C’est l'été !", "c'est l’été"),
    ],
)
def test_the_same_thing_written_otherwise_is_no_error(language: str, said: str, heard: str) -> None:
    assert words(said, language) == words(heard, language)


def test_single_numbers_do_not_run_together() -> None:
    assert words("vingt deux fois trente trois", "fr") == ["2", "2", "fois", "3", "3"]
    assert words("eight ten", "en") == ["8", "1", "0"]
    assert words("cent et demi", "fr") == ["1", "0", "0", "et", "demi"]


def test_each_kind_of_error_counts_once() -> None:
    pairs = [("le colis est perdu", "le coli est bien perdu"), ("oui merci", "oui")]
    assert word_error_rate(pairs, "fr") == pytest.approx(3 / 6)


def test_silence_has_no_rate() -> None:
    with pytest.raises(ValueError, match="nothing was said"):
        word_error_rate([("", "bonjour")], "fr")
