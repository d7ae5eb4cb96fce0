"""What a recogniser makes up, and what people do say."""

import pytest

from services.transcribe import guards
from services.transcribe.engines.port import Transcript


def heard(text: str, logprob: float = -0.3, no_speech: float = 0.05) -> Transcript:
    return Transcript(text, "fr", mean_logprob=logprob, no_speech_prob=no_speech)


@pytest.mark.parametrize(
    ("transcript", "reason"),
    [
        (heard(""), "empty"),
        (heard(" ... ♪ "), "empty"),
        (heard("Sous-titres réalisés par la communauté d'Amara.org"), "credits"),
        (heard("Sous-titrage ST' 501"), "credits"),
        (heard("Merci d’avoir regardé cette vidéo !"), "credits"),
        (heard("Thanks for watching!"), "credits"),
        (heard("C'est un peu plus de la pâte.", -1.2, 0.4), "improbable"),
        (heard("Pouche m'aupinébe.", -1.4), "improbable"),
        (heard("Je vous ai dit que je vous ai dit", -0.28, 0.92), "no_speech"),
        (heard("Merci.", -1.1), "filler"),
        (heard("you", -0.4, 0.5), "filler"),
        (heard("[Musique]"), "annotation"),
        (heard("(applaudissements)"), "annotation"),
        (heard("x" * 200), "too_long"),
    ],
)
def test_what_must_not_be_shown(transcript: Transcript, reason: str) -> None:
    assert guards.rejection(transcript, 2.0) == reason


@pytest.mark.parametrize(
    "text",
    [
        "Merci.",
        "Oui.",
        "Non non non, ça ne va pas du tout.",
        "Je regarde la vidéo que vous m'avez envoyée.",
        "Thank you very much.",
        "I want to unsubscribe from the channel.",
        "Mon numéro, c'est le 06 06 06 06 06.",
    ],
)
def test_what_people_say_is_kept(text: str) -> None:
    assert guards.rejection(heard(text), 3.0) is None
    assert guards.without_loops(text) == text
    assert not guards.is_loop(text)


def test_a_mumbled_greeting_is_kept() -> None:
    assert guards.rejection(heard("Oui, bonjour.", -1.08, 0.05), 1.4) is None
    assert guards.rejection(heard("Thank you.", -0.66, 0.01), 1.0) is None


@pytest.mark.parametrize(
    ("stuck", "once"),
    [
        ("oui " * 20, "oui"),
        ("Je ne sais pas. " * 8, "Je ne sais pas."),
        ("Bonjour madame, et puis et puis et puis et puis voilà", "Bonjour madame, et puis voilà"),
        ("dans le, dans le. Dans le dans le fond", "dans le, fond"),
    ],
)
def test_loops_are_said_once(stuck: str, once: str) -> None:
    assert guards.without_loops(stuck.strip()) == once
    assert guards.is_loop(stuck.strip())


def test_too_little_text_for_its_length() -> None:
    assert guards.is_too_short("Bonjour.", 12.0)
    assert not guards.is_too_short("Bonjour.", 2.0)
    assert not guards.is_too_short("Bonjour, je vous appelle pour un colis.", 5.0)
