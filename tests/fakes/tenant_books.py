"""Small playbooks that two tenants might write, as YAML."""

import json
from typing import Any

from services.contracts.playbook import Playbook
from services.records.playbooks import NewPlaybook

PARCEL = "marqué livré hier à 14h, boîte aux lettres vide"
"""An example of every book here and of the built-in one: what the models read is not tested."""

_EXAMPLES = {
    "delivery_late": {
        "fr": [
            PARCEL,
            "ma commande devait arriver hier et je n'ai rien reçu",
            "le livreur n'est jamais passé",
            "je ne vois rien venir, ça fait dix jours que j'attends mon paquet",
        ],
        "en": [
            "my parcel still has not arrived",
            "my order was due yesterday and nothing came",
            "the courier never showed up",
            "I have been waiting for my package for ten days",
        ],
    },
    "cancel_contract": {
        "fr": [
            "je voudrais résilier mon abonnement",
            "je souhaite mettre fin à mon contrat",
            "comment faire pour arrêter mon forfait",
            "je veux partir chez un autre opérateur",
        ],
        "en": [
            "I want to cancel my subscription",
            "I would like to end my contract",
            "how do I stop my plan",
            "I want to leave for another provider",
        ],
    },
    "opening_hours": {
        "fr": [
            "vous êtes ouverts jusqu'à quelle heure",
            "est-ce que le magasin ouvre le dimanche",
            "quels sont vos horaires",
            "vous fermez à midi ou pas",
        ],
        "en": [
            "until what time are you open",
            "is the shop open on Sundays",
            "what are your opening hours",
            "do you close for lunch",
        ],
    },
}


def both(words: str) -> dict[str, str]:
    return {"fr": words, "en": f"{words} (en)"}


def book(action: str, id_: str = "shop") -> dict[str, Any]:
    """A playbook of three intents whose only action, for a late parcel, is ``action``."""
    return {
        "id": id_,
        "version": 1,
        "name": both("Boutique"),
        "topics": [{"id": "all", "name": both("Tout")}],
        "intents": [
            {"id": name, "topic": "all", "name": both(name), "examples": examples}
            for name, examples in _EXAMPLES.items()
        ],
        "actions": [
            {
                "id": action,
                "title": both(f"Faire {action}"),
                "reason": both("Le client attend."),
                "when": {"intents": ["delivery_late"]},
            }
        ],
        "none_of_these": {"fr": ["bonjour", "merci bien"], "en": ["hello", "thank you"]},
    }


def text(action: str) -> bytes:
    """Return ``book`` as JSON, which is YAML too."""
    return json.dumps(book(action), ensure_ascii=False).encode()


def new(action: str) -> NewPlaybook:
    """Return ``book`` as the records take it."""
    Playbook.model_validate(book(action))
    return NewPlaybook(text(action), "application/json", "a-1", {})
