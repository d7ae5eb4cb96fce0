"""Knowledge: the documents that a tenant lends Souffleur, and the passages found in them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.contracts.base import Contract, Identifier, Language, Probability, Timestamp
from services.contracts.suggestions import DocumentEvidence

MAX_DOCUMENT = 200_000
"""Characters: a handbook's chapter, not the handbook."""

MAX_FOUND = 50
"""Passages of one answer."""

Title = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"\S")
]
Version = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class KnowledgeDocument(Contract):
    """A document as it is lent: plain text; lines that begin with ``#`` are headings.

    ``language`` is guessed when it is not said. ``version`` counts up by itself, and ``date`` is
    when it came, when they are not said: both stand on every card that quotes the document.
    """

    id: Identifier
    title: Title
    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_DOCUMENT, pattern=r"\S")]
    language: Language | None = None
    version: Version | None = None
    date: Timestamp | None = None
    url: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://\S+$")] | None = (
        None
    )


class StoredDocument(Contract):
    """A document as it is kept; ``revision`` rises with every change of the tenant's documents.

    ``language`` is ``None`` until somebody who reads it guesses.
    """

    id: Identifier
    title: str
    text: str
    language: Language | None = None
    version: Version
    date: Timestamp
    url: str | None = None
    revision: Annotated[int, Field(ge=1)]


class KnowledgeQuery(Contract):
    """A question, in words or in keywords; ``k`` is how many passages are wanted."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=r"\S")]
    language: Language | None = None
    k: Annotated[int, Field(ge=1, le=MAX_FOUND)] = 5


class FoundPassage(Contract):
    """The best passage of one document; ``score`` is how probably it answers the question.

    ``asked`` is the span of the turn that asks for it, where a turn does.
    """

    title: str
    language: Language
    score: Probability
    evidence: DocumentEvidence
    url: str | None = None
    asked: tuple[int, int] | None = None


class KnowledgeAnswer(Contract):
    """The passages found, most probable first, at most one per document.

    ``pending`` counts documents that came or changed and are not searchable yet.
    """

    passages: tuple[FoundPassage, ...] = ()
    pending: Annotated[int, Field(ge=0)] = 0
