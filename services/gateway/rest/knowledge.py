"""``/v1/knowledge``: the documents a tenant lends, and the search in them."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError

from services.contracts.base import Identifier
from services.contracts.knowledge import KnowledgeAnswer, KnowledgeDocument, KnowledgeQuery
from services.gateway.auth import Requires
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import KnowledgeKept, KnowledgeRefused, KnowledgeResults
from services.gateway.rest.idempotency import IdempotentRoute
from services.gateway.validation import from_validation
from services.kit.errors import InvalidInput, NotFound, SouffleurError
from services.kit.tokens import Principal

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"], route_class=IdempotentRoute)

Here = Annotated[Gateway, Depends(gateway_of)]
Editor = Annotated[Principal, Depends(Requires("crm"))]
Reader = Annotated[Principal, Depends(Requires("adviser", "crm"))]

NDJSON = "application/x-ndjson"

MAX_DOCUMENTS = 1_000
"""Documents of one request; its body is limited too."""

_EXAMPLE: dict[str, Any] = {
    "id": "livraison-delais",
    "title": "Délais de livraison",
    "text": "Une commande passée avant 14 h part le jour même.\n## Retard\nAu-delà de 3 jours…",
    "language": "fr",
    "url": "https://aide.example/livraison",
}

_SCHEMA = KnowledgeDocument.model_json_schema(ref_template="#/components/schemas/{model}")

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _SCHEMA, "example": _EXAMPLE},
            NDJSON: {
                "schema": {"type": "string", "description": "One document a line."},
                "example": '{"id":"a","title":"A","text":"..."}\n{"id":"b","title":"B",'
                '"text":"..."}\n',
            },
        },
    }
}
"""The body is read by hand, as it may be lines; this is how OpenAPI shows it."""


@router.post("/documents", openapi_extra=_BODY)
async def put(request: Request, principal: Editor, gateway: Here) -> KnowledgeResults:
    """Lend documents: one as JSON, or many as NDJSON. Each takes the place of the one with its id.

    A line that is refused keeps no other from being kept; what is wrong with it is in the answer.
    """
    body = await request.body()
    lines = request.headers.get("content-type", "").partition(";")[0].strip().lower() == NDJSON
    if not lines:
        document = _document(body)
        kept = await gateway.knowledge.put(principal.tenant, document, gateway.clock.now())
        return KnowledgeResults(kept=(KnowledgeKept.model_validate(vars(kept)),))
    results: list[KnowledgeKept] = []
    refused: list[KnowledgeRefused] = []
    for number, line in _lines(body):
        try:
            document = _document(line)
        except SouffleurError as error:
            refused.append(
                KnowledgeRefused(
                    line=number, code=error.code, detail=error.detail, field=error.field
                )
            )
            continue
        kept = await gateway.knowledge.put(principal.tenant, document, gateway.clock.now())
        results.append(KnowledgeKept.model_validate(vars(kept)))
    return KnowledgeResults(kept=tuple(results), refused=tuple(refused))


@router.delete("/documents/{document_id}", status_code=204)
async def delete(document_id: Identifier, principal: Editor, gateway: Here) -> Response:
    """Take a document back: from then on no search finds it."""
    if not await gateway.knowledge.delete(principal.tenant, document_id):
        raise NotFound("There is no such document.", field="document_id")
    return Response(status_code=204)


@router.post("/search")
async def search(body: KnowledgeQuery, principal: Reader, gateway: Here) -> KnowledgeAnswer:
    """Find the passages that answer a question, in French or English, whatever they are in."""
    return await gateway.questions.ask(principal.tenant, body)


def _document(body: bytes) -> KnowledgeDocument:
    try:
        return KnowledgeDocument.model_validate_json(body)
    except ValidationError as error:
        raise from_validation(error) from None


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    lines = [(at, line) for at, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
    if len(lines) > MAX_DOCUMENTS:
        msg = f"Send at most {MAX_DOCUMENTS} documents at a time."
        raise InvalidInput(msg, field="body")
    yield from lines
