"""What a customer's record says: the fields of the CRM, and facts derived from earlier contacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from services.contracts.customer import Customer, HistoryItem

Value = str | int | float | bool

RECENT = timedelta(days=30)
"""``history.contacts_30d`` counts contacts this recent."""

UNSOLVED = frozenset({"unsolved", "abandoned"})
SELF_SERVICE = frozenset({"chatbot", "self_service"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of the customer, with the system it came from and when it was true."""

    value: Value
    origin: str
    date: datetime
    label: str | None = None


def facts_of(customer: Customer, now: datetime) -> Mapping[str, Fact]:
    """Return every fact of the record, keyed as playbook conditions name them.

    A derived fact (``history.*``) is there only when it says something: no contact, no fact. Its
    origin and date are those of the latest contact that it rests on.
    """
    facts = {
        field.name: Fact(field.value, field.origin, field.date, field.label)
        for field in sorted(customer.fields, key=lambda field: field.date)
    }
    past = sorted((item for item in customer.history if item.at <= now), key=lambda item: item.at)
    recent = [item for item in past if item.at >= now - RECENT]
    unsolved = [item for item in past if item.outcome in UNSOLVED]
    failed = [item for item in unsolved if item.channel in SELF_SERVICE]
    promise = _open_promise(past)
    if recent:
        facts["history.contacts_30d"] = _from(recent[-1], len(recent))
    if unsolved:
        facts["history.unsolved_contacts"] = _from(unsolved[-1], len(unsolved))
    if failed:
        facts["history.failed_self_service"] = _from(failed[-1], failed[-1].summary)
    if promise is not None and promise.promise is not None:
        facts["history.open_promise"] = _from(promise, promise.promise)
    return MappingProxyType(facts)


def _open_promise(past: list[HistoryItem]) -> HistoryItem | None:
    for item in reversed(past):
        if item.promise is not None:
            return item
        if item.outcome == "solved":
            return None
    return None


def _from(item: HistoryItem, value: Value) -> Fact:
    return Fact(value, item.origin, item.at)
