"""What is known of a customer: fields and contact history, each with its origin and date."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.contracts.base import Contract, Identifier, Language, Timestamp

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A snake_case name, so that playbook conditions can refer to it."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class CustomerField(Contract):
    """One fact about the customer, with the system it came from and when it was true."""

    name: FieldName
    value: str | int | float | bool
    label: ShortText | None = None
    origin: ShortText
    date: Timestamp


class HistoryItem(Contract):
    """One earlier contact, on any channel; ``promise`` is what the company promised then."""

    id: Identifier
    at: Timestamp
    channel: Literal[
        "voice", "chat", "email", "messaging", "chatbot", "self_service", "shop", "letter"
    ]
    summary: ShortText
    outcome: Literal["solved", "unsolved", "promised", "transferred", "abandoned"] | None = None
    promise: ShortText | None = None
    promise_due: Timestamp | None = None
    origin: ShortText


class CustomerUpsert(Contract):
    """Body of ``PUT /v1/customers/{id}``: the whole record as the CRM knows it now."""

    display_name: ShortText | None = None
    language: Language | None = None
    fields: Annotated[tuple[CustomerField, ...], Field(max_length=200)] = ()
    history: Annotated[tuple[HistoryItem, ...], Field(max_length=500)] = ()


class Customer(CustomerUpsert):
    """A stored customer record; ``version`` rises by one with each change."""

    id: Identifier
    version: Annotated[int, Field(ge=1)]
    updated_at: Timestamp


class ContextUpdated(Contract):
    """Data of ``context.updated``: the customer's record as of now, whole."""

    customer: Customer
