"""What a detector proposes, and how overlapping proposals are settled."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.entities.tokens import words

PERSONAL = words(
    "phone email iban bank_account card card_expiry card_code social_security siret siren "
    "passport identity_document postcode city address person date_of_birth url ip "
    "licence_plate order_number customer_number contract_number invoice_number case_number "
    "reference"
)
"""Types that say who someone is or lead to them; they are redacted."""

OTHER = frozenset({"amount", "date", "time", "website"})
"""Types that are read for forms and evidence and are not personal data."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed entity: code points [start, end), its normalised ``value`` and how sure it is.

    ``strength`` orders overlapping proposals: 3 checksum or unmistakable form, 2 said so in the
    words around, 1 likely.
    """

    kind: str
    value: str
    start: int
    end: int
    strength: int = 2


def settle(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates that do not overlap: the surer first, then the longer, in text order."""
    chosen: list[Candidate] = []
    ranked = sorted(
        candidates, key=lambda one: (-one.strength, one.start - one.end, one.start, one.kind)
    )
    for candidate in ranked:
        if all(candidate.end <= other.start or candidate.start >= other.end for other in chosen):
            chosen.append(candidate)
    return sorted(chosen, key=lambda one: one.start)
