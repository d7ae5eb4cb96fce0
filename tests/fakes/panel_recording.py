"""A recorded French call (a parcel that did not come) as journal events, for the panel's tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from services.contracts.events import EVENT, ConversationEvent, Event

Step = tuple[str, dict[str, Any]]
"""Type and data of an event."""

CONVERSATION = "appel-2041"
STARTED_AT = datetime(2026, 11, 16, 9, 12, tzinfo=UTC)

CUSTOMER: dict[str, Any] = {
    "id": "cust-1042",
    "version": 3,
    "updated_at": "2026-11-16T09:11:58Z",
    "display_name": "Claire Fontaine",
    "language": "fr",
    "fields": [
        {
            "name": "order_id",
            "value": "CF-88214",
            "label": "Commande",
            "origin": "Boutique en ligne",
            "date": "2026-11-02T18:20:00Z",
        },
        {
            "name": "order_status",
            "value": "Expédiée",
            "origin": "Boutique en ligne",
            "date": "2026-11-05T07:02:00Z",
        },
        {
            "name": "delivery_date",
            "value": "2026-11-09",
            "origin": "Transporteur",
            "date": "2026-11-05T07:02:00Z",
        },
        {
            "name": "customer_since",
            "value": "2019-03-14",
            "origin": "CRM",
            "date": "2026-11-16T09:11:58Z",
        },
        {
            "name": "loyalty_card",
            "value": True,
            "label": "Carte de fidélité",
            "origin": "CRM",
            "date": "2026-11-16T09:11:58Z",
        },
    ],
    "history": [
        {
            "id": "h-3",
            "at": "2026-11-12T16:40:00Z",
            "channel": "email",
            "summary": "Colis toujours absent ; l’enquête auprès du transporteur a été promise.",
            "outcome": "promised",
            "promise": "Réponse du transporteur sous 48 heures",
            "promise_due": "2026-11-14T18:00:00Z",
            "origin": "Messagerie",
        },
        {
            "id": "h-2",
            "at": "2026-11-10T11:05:00Z",
            "channel": "chatbot",
            "summary": "A demandé où était son colis ; le chatbot a renvoyé vers le suivi.",
            "outcome": "unsolved",
            "origin": "Chatbot du site",
        },
        {
            "id": "h-1",
            "at": "2025-06-21T09:30:00Z",
            "channel": "voice",
            "summary": "Échange d’une veste, taille trop petite.",
            "outcome": "solved",
            "origin": "CRM",
        },
    ],
}

TALK: tuple[tuple[str, str, float | None, str | None], ...] = (
    ("adviser", "Bonjour, Julien à votre écoute.", None, None),
    (
        "customer",
        "Bonjour, je vous appelle parce que je n’ai toujours pas reçu mon colis.",
        -0.35,
        "delivery_late",
    ),
    ("adviser", "Je comprends. Vous avez votre numéro de commande ?", None, None),
    ("customer", "Oui, c’est CF 88214. Il devait arriver le neuf novembre.", -0.1, None),
    (
        "customer",
        "C’est la troisième fois que je vous contacte, et on me répète la même chose ! 😠",
        -0.85,
        "delivery_late",
    ),
    ("adviser", "Vous avez raison, je reprends votre dossier depuis le début.", None, None),
    (
        "customer",
        "On m’avait promis une réponse du transporteur sous 48 heures.",
        -0.6,
        "delivery_late",
    ),
    ("adviser", "Je vois cette promesse, je vérifie tout de suite avec eux.", None, None),
    ("customer", "D’accord, merci de vous en occuper.", 0.35, None),
)


def turn(number: int, *, final: bool = True, text: str | None = None) -> dict[str, Any]:
    """Return the turn ``t<number>`` of the call as a JSON object."""
    role, words, _, _ = TALK[number]
    return {
        "id": f"t{number}",
        "role": role,
        "text": text or words,
        "language": "fr",
        "start_ms": 4_000 * number + 1_000,
        "end_ms": 4_000 * number + 4_000,
        "final": final,
        "channel": "voice",
    }


def analysis(number: int) -> dict[str, Any]:
    """Return what the models read in the turn ``t<number>``."""
    _, _, score, intent = TALK[number]
    label = "neutral" if abs(score or 0) < 0.25 else "negative" if (score or 0) < 0 else "positive"
    return {
        "turn_id": f"t{number}",
        "predictions": {
            "sentiment": {"label": label, "confidence": 0.82, "score": score or 0.0},
            "intent": {"label": intent, "confidence": 0.9 if intent else 0.7},
        },
        "latency_ms": 21.5,
    }


def quote(number: int, words: str) -> dict[str, Any]:
    """Return the evidence that the turn ``t<number>`` holds ``words``."""
    start = TALK[number][1].index(words)
    return {
        "source": "turn",
        "turn_id": f"t{number}",
        "start": start,
        "end": start + len(words),
        "quote": words,
    }


def moment(number: int, name: str, words: str) -> dict[str, Any]:
    """Return what the models note in the turn ``t<number>``, with the words that say so."""
    return {
        "turn_id": f"t{number}",
        "moment": name,
        "confidence": 0.93,
        "evidence": quote(number, words),
    }


def card(kind: str, subject: str, turn_id: str, **parts: Any) -> dict[str, Any]:
    """Return a suggestion; its id is that of ``interfaces.md``."""
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{turn_id}/{kind}/{subject}")),
        "kind": kind,
        "subject": subject,
        "turn_id": turn_id,
    } | parts


TRACE_PARCEL = card(
    "next_best_action",
    "open_carrier_enquiry",
    "t1",
    title="Ouvrir une enquête auprès du transporteur",
    body="Le colis est expédié depuis plus de sept jours : l’enquête passe en urgence.",
    reason="Le client dit ne pas avoir reçu son colis, et la date de livraison est passée.",
    confidence=0.91,
    evidence=[
        quote(1, "je n’ai toujours pas reçu mon colis"),
        {
            "source": "context",
            "field": "delivery_date",
            "value": "9 novembre 2026",
            "origin": "Transporteur",
            "date": "2026-11-05T07:02:00Z",
        },
    ],
)
REPEAT_CONTACT = card(
    "cue",
    "repeat_contact",
    "t4",
    title="Troisième contact pour la même demande",
    reason="Le client le dit, et deux contacts récents sont restés sans solution.",
    confidence=0.78,
    evidence=[quote(4, "C’est la troisième fois que je vous contacte")],
)
HONOUR_PROMISE = card(
    "next_best_action",
    "honour_promise",
    "t6",
    title="Reprendre la promesse du 12 novembre",
    body="Dites où en est la réponse du transporteur avant de proposer autre chose.",
    reason="Une promesse faite au client n’a pas encore été tenue.",
    confidence=0.64,
    evidence=[
        quote(6, "On m’avait promis une réponse du transporteur sous 48 heures"),
        {
            "source": "context",
            "field": "history.open_promise",
            "value": "Réponse du transporteur sous 48 heures",
            "origin": "Messagerie",
            "date": "2026-11-12T16:40:00Z",
        },
    ],
)


def record(steps: list[Step], conversation: str = CONVERSATION) -> list[ConversationEvent]:
    """Number and date ``(type, data)`` steps as the journal would, one second apart."""
    return [
        ConversationEvent(id=f"1-{number}", event=dated(step, number, conversation))
        for number, step in enumerate(steps, start=1)
    ]


def dated(step: Step, second: int, conversation: str = CONVERSATION) -> Event:
    """Return a step as an event that happened ``second`` seconds into the call."""
    kind, data = step
    return EVENT.validate_python(
        {
            "type": kind,
            "conversation_id": conversation,
            "time": STARTED_AT + timedelta(seconds=second),
            "data": data,
        }
    )


def opening() -> list[Step]:
    """Return what the gateway writes itself when a call with a known customer begins."""
    started = {"channel": "voice", "customer_id": CUSTOMER["id"], "language": "fr"}
    return [("conversation.started", started), ("context.updated", {"customer": CUSTOMER})]


def call(*, until: int = len(TALK), channel: str = "voice") -> list[Step]:
    """Return what happens in the call, up to the turn ``until`` (exclusive)."""
    noted = {
        4: moment(4, "repeat_contact", "C’est la troisième fois que je vous contacte"),
        7: moment(7, "promise_made", "je vérifie tout de suite avec eux"),
    }
    offers = {1: TRACE_PARCEL, 4: REPEAT_CONTACT, 6: HONOUR_PROMISE}
    steps: list[Step] = []
    for number in range(until):
        words = TALK[number][1]
        spoken = channel == "voice"
        if spoken:
            steps.append(("turn.partial", turn(number, final=False, text=words[: len(words) // 2])))
        steps.append(("turn.final", turn(number) | {"channel": channel}))
        if TALK[number][0] == "customer":
            steps.append(("turn.analysed", analysis(number)))
        if number in noted:
            steps.append(("moment.detected", noted[number]))
        if number in offers:
            steps.append(("suggestion.offered", {"suggestion": offers[number]}))
    return steps
