"""The general playbook: complete in both languages, no doubles, proper French, never a script."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest

from services.assist.playbooks import load_playbook
from services.contracts.base import Language
from services.contracts.playbook import Action, Condition, Cue, Examples, Playbook

LANGUAGES: tuple[Language, ...] = get_args(Language)

DERIVED_FIELDS = {
    "history.contacts_30d",
    "history.unsolved_contacts",
    "history.open_promise",
    "history.failed_self_service",
}
CRM_FIELDS = {
    *("order_id", "order_status", "order_expected_date", "order_amount", "carrier"),
    *("refund_status", "refund_amount", "plan", "monthly_amount", "previous_monthly_amount"),
    *("invoice_id", "invoice_due", "payment_status", "contract_end", "tenure_months"),
    *("identity_verified", "account_locked", "vip", "line_status", "open_incident"),
    *("appointment_at", "appointment_status"),
}
CODED_FIELDS = {
    *("order_status", "refund_status", "payment_status", "line_status", "appointment_status"),
    *("identity_verified", "account_locked", "vip"),
}
"""Their values are codes: right in a condition, wrong in a sentence."""

ELISION_MISSED = re.compile(
    r"\b(?:que|de|le|je|ne|se|me|te|lorsque|jusque|puisque) "
    r"(?!(?:onze|oui|un|euh)\b)[aeiouéèêàâîôû]"
)
"""French drops the vowel: "d’abord", never "de abord" (before "onze" or a hesitation it stays)."""

ACCENT_MISSED = re.compile(
    r"\b(?:deja|tres|apres|aupres|etre|etes|meme|probleme|systeme|derniere|premiere|reponse|"
    r"delai|creneau|depot|arret|duree|boite|connait|echeance|recu|numero|ecran|electronique|"
    r"reclamation|adherent|(?:resili|verifi|expedi|prelev|telephon|securis)\w*)\b"
)
"""Words of this trade that always carry an accent; without it none of them is a French word."""


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return load_playbook("general")


def normalised(text: str) -> str:
    """Fold case, accents and punctuation, so that near-copies look the same."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return " ".join(re.findall(r"\w+", plain))


def rules(playbook: Playbook) -> tuple[Action | Cue, ...]:
    return (*playbook.actions, *playbook.cues)


def spoken(playbook: Playbook) -> Iterator[tuple[str, Examples]]:
    yield from ((intent.id, intent.examples) for intent in playbook.intents)
    yield "none_of_these", playbook.none_of_these
    yield from ((action.id, action.said) for action in playbook.actions)
    yield from ((cue.id, cue.phrases) for cue in playbook.cues)


def shown(playbook: Playbook, language: Language) -> Iterator[tuple[str, str]]:
    for topic in playbook.topics:
        yield topic.id, topic.name.get(language)
    for intent in playbook.intents:
        yield intent.id, intent.name.get(language)
    for rule in rules(playbook):
        yield rule.id, rule.title.get(language)
        yield rule.id, rule.reason.get(language)
        if isinstance(rule, Action) and rule.body is not None:
            yield rule.id, rule.body.get(language)


def test_covers_every_topic_widely(playbook: Playbook) -> None:
    assert len(playbook.intents) >= 36
    assert len(playbook.actions) >= 45
    assert len(playbook.cues) >= 10
    served = {intent.topic for intent in playbook.intents}
    assert served == {topic.id for topic in playbook.topics}


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_examples_in_each_language(playbook: Playbook, language: Language) -> None:
    counts = {intent.id: len(intent.examples.get(language)) for intent in playbook.intents}
    assert {name: count for name, count in counts.items() if count < 14} == {}
    assert len(playbook.none_of_these.get(language)) >= 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_utterance_stands_twice(playbook: Playbook, language: Language) -> None:
    # Over intents and refusals: the same words under two labels would teach both wrong.
    labelled = [(intent.id, intent.examples) for intent in playbook.intents]
    labelled.append(("none_of_these", playbook.none_of_these))
    owners: dict[str, list[str]] = {}
    for owner, examples in labelled:
        for text in examples.get(language):
            owners.setdefault(normalised(text), []).append(owner)
    assert {text: names for text, names in owners.items() if len(names) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_tells_of_two_steps_or_two_signals(
    playbook: Playbook, language: Language
) -> None:
    said = [normalised(text) for a in playbook.actions for text in a.said.get(language)]
    heard = [normalised(text) for c in playbook.cues for text in c.phrases.get(language)]
    for phrases in (said, heard):
        assert [text for text, count in Counter(phrases).items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_spoken_and_written(playbook: Playbook, language: Language) -> None:
    for intent in playbook.intents:
        lengths = sorted(len(text.split()) for text in intent.examples.get(language))
        assert lengths[0] <= 6, intent.id
        assert lengths[-1] >= 10, intent.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_wording_is_repeated_like_a_template(playbook: Playbook, language: Language) -> None:
    for intent in playbook.intents:
        openings = [tuple(normalised(t).split()[:3]) for t in intent.examples.get(language)]
        commonest = max(openings.count(opening) for opening in openings)
        assert commonest <= len(openings) / 3, intent.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_short(playbook: Playbook, language: Language) -> None:
    long = [r.id for r in rules(playbook) if len(r.title.get(language)) > 60]
    assert long == []


def test_french_actions_start_with_an_infinitive(playbook: Playbook) -> None:
    first_words = {a.id: a.title.fr.split()[0].split("’")[-1] for a in playbook.actions}
    others = {
        name: word for name, word in first_words.items() if word[-2:] not in {"er", "ir", "re"}
    }
    assert others == {}


def test_shown_french_is_typeset(playbook: Playbook) -> None:
    for owner, text in shown(playbook, "fr"):
        assert "'" not in text, (owner, text)
        assert not re.search(r" [;:?!»]|« ", text), (owner, text)
        assert "..." not in text, (owner, text)


def test_shown_english_is_typeset(playbook: Playbook) -> None:
    for owner, text in shown(playbook, "en"):
        assert "'" not in text, (owner, text)
        assert not re.search(r"\s[;:?!]", text), (owner, text)


def test_shown_and_said_french_has_its_accents_and_elisions(playbook: Playbook) -> None:
    said = [(a.id, text) for a in playbook.actions for text in a.said.fr]
    for owner, text in [*shown(playbook, "fr"), *said]:
        assert not ACCENT_MISSED.search(text.casefold()), (owner, text)
        assert not ELISION_MISSED.search(text.casefold()), (owner, text)


@pytest.mark.parametrize("word", ["deja", "verifier", "reclamation", "recu"])
def test_the_accent_check_can_fail(word: str) -> None:
    assert ACCENT_MISSED.search(f"il faut {word} demain")


def test_utterances_are_as_recognisers_and_keyboards_give_them(playbook: Playbook) -> None:
    for owner, examples in spoken(playbook):
        for language in LANGUAGES:
            for text in examples.get(language):
                assert "’" not in text, (owner, text)
                assert unicodedata.is_normalized("NFC", text), (owner, text)
                assert "\ufffd" not in text, (owner, text)
                assert not re.search(r"Ã.|â€", text), (owner, text)


def test_most_french_examples_carry_accents_where_they_should(playbook: Playbook) -> None:
    texts = [text for intent in playbook.intents for text in intent.examples.fr]
    bare = [text for text in texts if ACCENT_MISSED.search(text.casefold())]
    assert len(bare) <= len(texts) // 50, bare


def test_each_intent_leads_to_an_action(playbook: Playbook) -> None:
    used = {intent for action in playbook.actions for intent in action.when.intents}
    assert {intent.id for intent in playbook.intents} - used == set()


def test_a_first_step_exists_for_each_intent_without_any_context(playbook: Playbook) -> None:
    def is_first_step(when: Condition) -> bool:
        asks = [test for test in when.context if test.op != "missing"]
        return not (asks or when.done or when.sentiment or when.trend)

    first = {i for a in playbook.actions if is_first_step(a.when) for i in a.when.intents}
    assert {intent.id for intent in playbook.intents} - first == set()


def test_conditions_read_documented_fields(playbook: Playbook) -> None:
    read = {test.field for rule in rules(playbook) for test in rule.when.context}
    assert read <= CRM_FIELDS | DERIVED_FIELDS


def test_placeholders_are_fields_that_the_condition_makes_sure_of(playbook: Playbook) -> None:
    for rule in rules(playbook):
        known = {test.field for test in rule.when.context if test.op != "missing"}
        texts = [rule.title, rule.reason]
        if isinstance(rule, Action) and rule.body is not None:
            texts.append(rule.body)
        for text in texts:
            french, english = (set(re.findall(r"\{([^}]*)\}", t)) for t in (text.fr, text.en))
            assert french == english, rule.id
            assert french <= known - CODED_FIELDS, rule.id


def test_actions_can_be_heard(playbook: Playbook) -> None:
    for action in playbook.actions:
        assert len(action.said.fr) >= 5, action.id
        assert len(action.said.en) >= 5, action.id


def test_actions_explain_how(playbook: Playbook) -> None:
    assert [action.id for action in playbook.actions if action.body is None] == []


def test_no_card_holds_a_line_to_recite(playbook: Playbook) -> None:
    # P4: quotation marks around words, or a first person, would be a script.
    for language in LANGUAGES:
        for owner, text in shown(playbook, language):
            assert not re.search(r"[«“\"]", text), (owner, text)
            assert not re.search(r"(?i)\b(?:je|j’|i’m|i’ll|dites|say:|dire\s*:)\b", text), (
                owner,
                text,
            )


def test_cues_have_a_way_to_be_noticed(playbook: Playbook) -> None:
    for cue in playbook.cues:
        for language in LANGUAGES:
            phrases = cue.phrases.get(language)
            assert len(phrases) >= 10 or cue.when != Condition(), cue.id
            assert len(phrases) == 0 or len(phrases) >= 10, cue.id


def test_steps_that_follow_others_can_be_reached(playbook: Playbook) -> None:
    by_id = {action.id: action for action in playbook.actions}
    for action in playbook.actions:
        for before in action.when.done:
            shared = set(action.when.intents) & set(by_id[before].when.intents)
            assert shared, (action.id, before)
        assert not set(action.when.done) & set(action.when.not_done), action.id


def test_promise_and_identity_come_before_procedures(playbook: Playbook) -> None:
    priority = {action.id: action.priority for action in playbook.actions}
    ahead = {"keep_open_promise", "resume_from_chatbot", "verify_identity", "secure_account"}
    procedures = [value for name, value in priority.items() if name not in ahead]
    assert min(priority[name] for name in ahead) > max(procedures)
    assert priority["ask_cancel_reason"] > priority["offer_pause_or_plan"]
    assert priority["ask_cancel_reason"] > priority["confirm_cancellation"]
