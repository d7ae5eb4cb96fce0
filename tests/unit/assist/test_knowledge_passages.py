"""Documents cut into passages, and passages into quotes: every word once, offsets that hold."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assist.knowledge.passages import TARGET_CHARACTERS, Passage, split
from services.assist.knowledge.quoting import MAX_QUOTE, quoted
from services.assist.knowledge.words import stems

LINES = st.text(alphabet="ab é.\n#!?’ -", max_size=400)


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_passages_hold_every_word_once_and_in_order(text: str) -> None:
    passages = split(text)
    assert [p.start for p in passages] == sorted(p.start for p in passages)
    assert all(a.end <= b.start for a, b in pairwise(passages))
    kept = " ".join(text[p.start : p.end] for p in passages)
    assert kept.split() == text.split()


def test_the_lead_stands_alone_and_a_long_text_is_cut_at_sentences() -> None:
    lead = "Un colis perdu est remboursé."
    body = " ".join(f"Phrase numéro {n} du mode d'emploi." for n in range(80))
    text = f"{lead}\n## Détail\n{body}"
    first, *rest = split(text)
    assert (text[first.start : first.end], first.heading) == (lead, "")
    assert len(rest) > 2
    assert all(p.heading == "Détail" for p in rest)
    assert all(p.end - p.start <= TARGET_CHARACTERS + len("## Détail\n") for p in rest)
    assert all(text[p.end - 1] == "." for p in rest)


def test_short_sections_share_a_passage() -> None:
    text = "## Prix\n12 euros.\n## Délai\nDeux jours."
    assert split(text) == (Passage(0, len(text), "Prix"),)


def test_a_text_without_any_break_is_cut_all_the_same() -> None:
    text = "x" * (3 * TARGET_CHARACTERS + 7)
    assert [p.end - p.start for p in split(text)] == [TARGET_CHARACTERS] * 3 + [7]


def test_nothing_gives_nothing() -> None:
    assert split(" \n\n ") == ()


TEXT = (
    "## Retrait\nLe point relais garde le colis. Il faut le code reçu par message et une pièce "
    "d'identité. Le colis est gardé 10 jours. Puis il repart à l'entrepôt."
)


def test_the_quote_is_the_run_of_sentences_that_speaks_of_what_is_asked() -> None:
    [passage] = split(TEXT)
    asked = stems("Combien de jours le colis est-il gardé ?", "fr")
    start, end = quoted(TEXT, passage, asked, "fr")
    assert "10 jours" in TEXT[start:end]
    assert not TEXT[start:end].startswith("#")
    assert end - start <= MAX_QUOTE


def test_a_quote_does_not_run_over_a_heading() -> None:
    text = "## Prêt\nUn appareil est prêté.\n## Exclus\nLa casse est exclue."
    [passage] = split(text)
    start, end = quoted(text, passage, stems("appareil prêté casse", "fr"), "fr")
    assert text[start:end] == "Un appareil est prêté."


@pytest.mark.parametrize("asked", [[], ["rien"]])
def test_a_quote_is_there_even_when_no_word_is_shared(asked: list[str]) -> None:
    [passage] = split(TEXT)
    start, end = quoted(TEXT, passage, asked, "fr")
    assert TEXT[start:end].startswith("Le point relais")


@given(LINES.filter(lambda text: bool(text.strip())))
def test_a_quote_lies_within_its_passage_and_is_short(text: str) -> None:
    for passage in split(text):
        start, end = quoted(text, passage, ["a"], "fr")
        assert passage.start <= start < end <= passage.end
        assert end - start <= MAX_QUOTE


def test_stems_bring_together_what_is_one_word_to_a_person() -> None:
    assert stems("L’abonnement résilié", "fr") == stems("abonnements RÉSILIÉS", "fr")
    assert stems("I was being refunded", "en") == stems("refunds", "en")
    assert stems("Où est-ce que je ?", "fr") == []
