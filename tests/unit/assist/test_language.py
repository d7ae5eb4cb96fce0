"""Chat turns that do not say their language."""

import pytest

from services.assist.language import _SMALL_WORDS, language_of
from services.assist.playbooks import load_playbook


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("bonjour, j’ai résilié mon forfait il y a deux mois", "fr"),
        ("Mon colis n'est pas arrivé", "fr"),
        ("hi, my parcel still hasn't arrived", "en"),
        ("I don't understand this bill", "en"),
        ("ok", None),
        ("472190", None),
        ("Nova Mobile", None),
        ("", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_it_is_never_wrong_on_the_playbook_and_rarely_silent() -> None:
    assert not _SMALL_WORDS["fr"] & _SMALL_WORDS["en"]
    told = total = 0
    for intent in load_playbook("general").intents:
        for language in ("fr", "en"):
            for text in intent.examples.get(language):
                found = language_of(text)
                assert found in {language, None}, text
                told += found is not None
                total += 1
    assert told / total > 0.8
