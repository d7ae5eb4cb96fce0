"""What is found in a turn, what is not, and what stays of it after redaction."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.base import Language
from services.entities import OTHER, PERSONAL, find, personal, redact

TODAY = dt.date(2026, 11, 22)
ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "evals" / "data" / "entities.jsonl")
    .read_text("utf-8")
    .splitlines()
]
MIXED = """
zéro six douze trente-quatre quatre-vingt dix mille cent euros 12 0612345678 € arobase at point
gmail com tiret bas D comme David FR76 né le mars 2024 rue des Lilas madame Dupont m'appelle jean
l'appareil non pardon code postal carte finit par numéro de commande . , - ' ² ٣ 𝟗 ﬁ é double oh
seven postcode my name is St. O'Neill +33 plus euh
"""
PIECES = st.sampled_from([*MIXED.split(), "\n"])


def kinds(text: str, language: Language = "fr") -> list[tuple[str, str]]:
    return [(entity.type, entity.value) for entity in find(text, language, TODAY)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "c'est le zero six euh douze trente quatre non pardon trente-cinq cinquante six "
            "soixante dix huit",
            [("phone", "+33612355678")],
        ),
        ("c'est le 06.12.34.56.78", [("phone", "+33612345678")]),
        ("plus trente-trois six douze trente-quatre cinquante-six soixante-dix-huit",
         [("phone", "+33612345678")]),
        ("jean point dupont arobase gmail point com", [("email", "jean.dupont@gmail.com")]),
        ("mon mail lucy lacroix tiret quatre-vingt-un at club tiret internet point fr",
         [("email", "lucylacroix-81@club-internet.fr")]),
        ("b tiret du bas martin arobase orange point fr", [("email", "b_martin@orange.fr")]),
        ("mon iban FR76 3000 6000 0112 3456 7890 189", [("iban", "FR7630006000011234567890189")]),
        ("carte 4539 1488 0343 6467", [("card", "4539148803436467")]),
        ("ma carte finit par quarante-deux quarante-deux", [("card", "4242")]),
        ("1 84 12 76 451 089 46", [("social_security", "184127645108946")]),
        ("code postal soixante et onze mille dix-neuf", [("postcode", "71019")]),
        ("code postal zéro six mille", [("postcode", "06000")]),
        ("j'habite au douze rue des lilas soixante-quinze mille onze paris",
         [("address", "douze rue des lilas"), ("postcode", "75011"), ("city", "paris")]),
        ("je suis née le vingt-quatre octobre mille neuf cent dix-huit",
         [("date_of_birth", "1918-10-24")]),
        ("date de naissance douze du trois soixante-huit", [("date_of_birth", "1968-03-12")]),
        ("né le vingt-quatre dix mille neuf cent dix-huit", [("date_of_birth", "1918-10-24")]),
        ("je m'appelle thibaut le goff et j'ai un souci", [("person", "thibaut le goff")]),
        ("ça s'écrit D U P O N T", [("person", "DUPONT")]),
        ("d comme david u comme ursule p comme pierre", [("person", "DUP")]),
        ("numéro de commande quarante-cinq douze soixante-dix-huit", [("order_number", "451278")]),
        ("ma plaque c'est AB-123-CD", [("licence_plate", "AB123CD")]),
        ("ma facture de cent vingt euros cinquante", [("amount", "120.50 EUR")]),
        ("j'ai payé 1 234,56 € hier", [("amount", "1234.56 EUR"), ("date", "2026-11-21")]),
        ("rendez-vous mardi prochain à 14h30", [("date", "2026-11-24"), ("time", "14:30")]),
        ("il y a trois jours", [("date", "2026-11-19")]),
        ("le douze mars deux mille vingt-cinq", [("date", "2025-03-12")]),
        ("c'est julie, point, bernard, arobase, gmail, point, com",
         [("email", "julie.bernard@gmail.com")]),
        ("dupuis soixante-neuf, tout attaché, arobase sfr point fr",
         [("email", "dupuis69@sfr.fr")]),
        ("elle se termine par cinquante-deux douze", [("reference", "5212")]),
        ("la clé RIB c'est soixante-dix-huit", [("iban", "78")]),
        ("je suis née en cinquante-huit", [("date_of_birth", "1958")]),
        ("je suis du dix-neuf juin soixante-quatorze", [("date_of_birth", "1974-06-19")]),
        ("mon anniversaire c'est le neuf septembre", [("date_of_birth", "2026-09-09")]),
        ("elle expire en mars vingt-huit", [("card_expiry", "2028-03")]),
        ("c'est double v a g n e r", [("person", "WAGNER")]),
        ("oui alors kowalczyk, k o w a l c z y k",
         [("person", "kowalczyk"), ("person", "KOWALCZYK")]),
        ("je l'épelle k h a deux t a b i", [("person", "KHATTABI")]),
        ("au 12 rue des Lilas, bâtiment C, appartement quatorze",
         [("address", "12 rue des Lilas, bâtiment C, appartement quatorze")]),
        ("chemin des Vignes, numéro 24, à Gignac",
         [("address", "chemin des Vignes, numéro 24"), ("city", "Gignac")]),
        ("je vis à Saint-Jean-de-Luz l'été", [("city", "Saint-Jean-de-Luz")]),
        ("alors neuf mai deux mille dix", [("date_of_birth", "2010-05-09")]),
        ("j'ai commandé le neuf mai deux mille dix", [("date", "2010-05-09")]),
        ("prénom Gabrielle nom Pages", [("person", "Gabrielle"), ("person", "Pages")]),
        ("merci constance bonne journée", [("person", "constance")]),
    ],
)  # fmt: skip
def test_finds_and_normalises_french(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call me on oh seven seven double oh nine double oh one two three",
         [("phone", "07700900123")]),
        ("it's +44 20 7946 0958", [("phone", "+442079460958")]),
        ("john dot smith at gmail dot com", [("email", "john.smith@gmail.com")]),
        ("my name is Katie Marshall", [("person", "Katie Marshall")]),
        ("my postcode is SW1A 2AA", [("postcode", "SW1A 2AA")]),
        ("born on the ninth of january nineteen sixty", [("date_of_birth", "1960-01-09")]),
        ("I live at 12 Baker Street London", [("address", "12 Baker Street"), ("city", "London")]),
        ("I paid $45.50 two days ago", [("amount", "45.50 USD"), ("date", "2026-11-20")]),
        ("my SSN is 514-69-0360", [("social_security", "514690360")]),
        ("28th of the 5th 1986", [("date_of_birth", "1986-05-28")]),
        ("c v 7 5 a g", [("postcode", "CV75AG")]),
        ("17 Queen's Road", [("address", "17 Queen's Road")]),
        ("Aksel Kristensen", [("person", "Aksel Kristensen")]),
    ],
)  # fmt: skip
def test_finds_and_normalises_english(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text, "en") == expected


@pytest.mark.parametrize(
    "text",
    [
        "ça fait deux ou trois fois que j'appelle",
        "j'ai souscrit en deux mille vingt-quatre",
        "le compteur affiche douze mille quatre cent cinquante",
        "merci madame bonne journée",
        "monsieur le directeur n'a pas répondu",
        "le jean est trop petit",
        "l'agence de lyon est fermée",
        "quels sont les quatre derniers chiffres",
        "article 12 de la loi n° 2018-1021",
        "l'année 2019-2020",
        "nos horaires sont sur www.exemple.fr",
        "la date anniversaire de mon contrat c'est le neuf septembre",
        "je prends la chaise Victoria en chêne",
        "c'est la finition qui se termine en deux mille vingt-sept",
    ],
)
def test_says_nothing_of_nobody(text: str) -> None:
    assert personal(find(text, "fr", TODAY)) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FR77 3000 6000 0112 3456 7890 189", "iban"),
        ("1 84 12 76 451 089 47", "social_security"),
        ("4539 1488 0343 6468", "card"),
        ("300.1.2.3", "ip"),
    ],
)
def test_a_wrong_check_digit_is_not_taken_for_proof(text: str, kind: str) -> None:
    """It may still be personal by its form, but only words around can name it for sure."""
    from services.entities.candidates import Candidate
    from services.entities.dictation import runs
    from services.entities.identifiers import identifiers
    from services.entities.numbers import Numbers
    from services.entities.tokens import tokenize

    tokens = tokenize(text)
    numbers = Numbers(tokens, "fr")
    found = identifiers(text, tokens, runs(tokens, numbers, (), range(len(tokens))), "fr")
    assert all(
        isinstance(one, Candidate) and not (one.kind == kind and one.strength == 3) for one in found
    )


def test_leaving_words_out_early_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word may be tried by every detector: what is found stays the same."""
    turns = [(row["text"], row["lang"]) for row in ROWS]
    turns += [(text.upper(), language) for text, language in turns]
    before = [find(text, language, TODAY) for text, language in turns]
    with monkeypatch.context() as patch:
        patch.setattr("services.entities.finding.traits", lambda tokens: (511,) * len(tokens))
        patch.setattr(
            "services.entities.finding._dictation_starts",
            lambda tokens, bits, held: set(range(len(tokens))),
        )
        after = [find(text, language, TODAY) for text, language in turns]
    assert before == after


@given(st.lists(PIECES, max_size=25).map(" ".join), st.sampled_from(("fr", "en")))
def test_offsets_slice_back_and_never_overlap(text: str, language: Language) -> None:
    entities = find(text, language, TODAY)
    end = 0
    for entity in entities:
        assert entity.text == text[entity.start : entity.end] != ""
        assert entity.start >= end
        assert entity.type in PERSONAL | OTHER
        end = entity.end


@given(st.text(max_size=60), st.sampled_from(("fr", "en")))
def test_no_text_breaks_it(text: str, language: Language) -> None:
    for entity in find(text, language, TODAY):
        assert entity.text == text[entity.start : entity.end]


@given(st.lists(PIECES, max_size=25).map(" ".join), st.sampled_from(("fr", "en")))
def test_redaction_leaves_nothing_of_what_was_found(text: str, language: Language) -> None:
    entities = find(text, language, TODAY)
    kept = "".join(
        char
        for index, char in enumerate(text)
        if not any(one.start <= index < one.end for one in personal(entities))
    )
    redacted = redact(text, entities, language, "mask")
    assert redacted.replace("████", "") == kept
    labelled = redact(text, entities, language)
    assert sum(char.isdigit() for char in labelled) == sum(char.isdigit() for char in kept)


def test_redaction_speaks_the_language_and_keeps_amounts() -> None:
    text = "rappelez au 06 12 34 56 78 pour les 12 euros"
    entities = find(text, "fr", TODAY)
    assert redact(text, entities, "fr") == "rappelez au [téléphone] pour les 12 euros"
    assert redact(text, entities, "en") == "rappelez au [phone] pour les 12 euros"


def test_every_personal_type_has_a_label_in_both_languages() -> None:
    from services.contracts.analysis import Entity

    for kind in PERSONAL:
        entity = Entity(type=kind, text="x", value="x", start=0, end=1)
        assert redact("x", [entity], "fr").startswith("[")
        assert redact("x", [entity], "en").startswith("[")


def test_finds_most_of_our_own_marked_turns() -> None:
    """A floor under what the card reports, so that a change of the rules cannot lose much."""
    marked = found = alarms = clean = 0
    for row in ROWS:
        covered = {
            index
            for one in personal(find(row["text"], row["lang"], TODAY))
            for index in range(one.start, one.end)
        }
        for span in row["spans"]:
            inside = [index in covered for index in range(span["start"], span["end"])]
            marked, found = marked + 1, found + (sum(inside) * 2 >= len(inside))
        clean += not row["spans"]
        alarms += not row["spans"] and bool(covered)
    assert found / marked >= 0.97
    assert alarms / clean <= 0.015
