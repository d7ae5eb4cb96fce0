"""Takes personal data out of a text before it is kept or shown."""

from collections.abc import Iterable
from typing import Literal

from services.contracts.analysis import Entity
from services.contracts.base import Language
from services.entities.candidates import PERSONAL

Style = Literal["label", "mask"]

_LABELS: dict[str, tuple[str, str]] = {
    "phone": ("téléphone", "phone"),
    "email": ("e-mail", "e-mail"),
    "iban": ("IBAN", "IBAN"),
    "bank_account": ("compte bancaire", "bank account"),
    "card": ("carte bancaire", "payment card"),
    "card_expiry": ("expiration de la carte", "card expiry"),
    "card_code": ("code de la carte", "card code"),
    "social_security": ("numéro de sécurité sociale", "social security number"),
    "siret": ("SIRET", "SIRET"),
    "siren": ("SIREN", "SIREN"),
    "passport": ("passeport", "passport"),
    "identity_document": ("pièce d'identité", "identity document"),
    "postcode": ("code postal", "postcode"),
    "city": ("ville", "city"),
    "address": ("adresse", "address"),
    "person": ("nom", "name"),
    "date_of_birth": ("date de naissance", "date of birth"),
    "url": ("site web", "web address"),
    "ip": ("adresse IP", "IP address"),
    "licence_plate": ("immatriculation", "licence plate"),
    "order_number": ("numéro de commande", "order number"),
    "customer_number": ("numéro de client", "customer number"),
    "contract_number": ("numéro de contrat", "contract number"),
    "invoice_number": ("numéro de facture", "invoice number"),
    "case_number": ("numéro de dossier", "case number"),
    "reference": ("référence", "reference"),
}


def personal(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Return those of ``entities`` that are personal data, in order."""
    return tuple(entity for entity in entities if entity.type in PERSONAL)


def redact(
    text: str, entities: Iterable[Entity], language: Language, style: Style = "label"
) -> str:
    """Return ``text`` without the personal data among ``entities``, which do not overlap.

    ``label`` writes "[téléphone]" or "[phone]"; ``mask`` writes a block of four for each, so that
    not even the kind or the length shows.
    """
    parts: list[str] = []
    at = 0
    for entity in sorted(personal(entities), key=lambda one: one.start):
        parts += (text[at : entity.start], _mark(entity.type, language, style))
        at = entity.end
    return "".join((*parts, text[at:]))


def _mark(kind: str, language: Language, style: Style) -> str:
    if style == "mask":
        return "████"
    return f"[{_LABELS[kind][language == 'en']}]"
