"""The mood of the built-in playbook's examples, and polite openers for our own utterances."""

from typing import Any

from services.assist.playbooks import load_playbook
from services.contracts.playbook import Examples

_REQUESTS = (
    "order_tracking delivery_change order_cancel return_request exchange_request refund_status "
    "invoice_copy bank_details_change payment_plan change_plan pause_subscription "
    "contract_question contact_details_change address_change data_deletion installation_help "
    "appointment_book appointment_move appointment_cancel callback_request offer_information "
    "store_information human_agent"
)
REQUESTS = frozenset(_REQUESTS.split())
"""Intents whose examples only ask for something: neutral."""

GRIEVANCES = frozenset({"service_complaint", "promise_not_kept", "technician_no_show"})
"""Intents, and below cues, whose examples are complaints: negative."""

ANGRY_CUES = frozenset({"repeat_contact", "already_explained", "promise_broken", "threat_to_leave"})
HAPPY_CUES = frozenset({"satisfied"})

OPENERS = {
    "fr": (
        "bonjour,",
        "oui bonjour euh voilà je vous appelle parce que",
        "bonjour madame, je vous contacte car",
        "oui allô bonjour alors en fait",
        "Bonjour, excusez-moi de vous déranger,",
        "bonjour, merci de prendre mon appel,",
    ),
    "en": (
        "hello,",
        "yes hi um well I'm calling because",
        "good morning, I'm contacting you because",
        "hi there so basically",
        "Hi, sorry to bother you,",
        "hello, thanks for taking my call,",
    ),
}
"""Politeness is not happiness: what follows decides."""

Row = dict[str, Any]


def polite(row: Row, number: int) -> Row:
    """Return the utterance behind a polite opener; the label stays."""
    openers = OPENERS[row["lang"]]
    text = f"{openers[number // 2 % len(openers)]} {row['text']}"
    return {**row, "text": text}


def playbook_rows() -> list[Row]:
    """Return the built-in playbook's examples as training rows.

    A problem told plainly may be neutral or negative, never positive: it counts half as each.
    """
    playbook = load_playbook("general")
    rows: list[Row] = []

    def add(examples: Examples, *labels: str) -> None:
        for language in ("fr", "en"):
            for text in getattr(examples, language):
                for label in labels:
                    row = {"text": text, "lang": language, "label": label, "split": "train"}
                    rows.append({**row, "share": 1 / len(labels)})

    for intent in playbook.intents:
        if intent.id in REQUESTS:
            add(intent.examples, "neutral")
        elif intent.id in GRIEVANCES:
            add(intent.examples, "negative")
        else:
            add(intent.examples, "neutral", "negative")
    for cue in playbook.cues:
        if cue.id in ANGRY_CUES:
            add(cue.phrases, "negative")
        elif cue.id in HAPPY_CUES:
            add(cue.phrases, "positive")
    return rows
