"""Idempotency-Key on every POST: sent again, a request is answered as before and not done again.

Only answers that changed something (2xx) are kept. A refused request leaves its key free, so that
it may be corrected and sent again under the same one.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.gateway.auth import bearer
from services.gateway.ports import gateway_of
from services.kit.errors import Conflict, InvalidInput
from services.kit.tokens import Principal
from services.records.idempotency import Answer, Answers, Begun, Claim, Subject

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("content-type", "location", "etag")


class IdempotentRoute(APIRoute):
    """A route whose POST may carry an ``Idempotency-Key``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler: the answer is kept as it is sent, after every check."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method != "POST" or HEADER not in request.headers:
                return await handler(request)
            claim = await claim_of(request)
            answers = gateway_of(request).answers
            fingerprint = hashlib.sha256(target(request) + await request.body()).hexdigest()
            begun = await answers.begin(claim, fingerprint)
            if begun.state == "kept":
                return replayed(begun)
            refuse(begun)
            request.state.idempotent_id = claim.digest[:32]
            return await _answered(handler, request, answers, claim, fingerprint)

        return handle


async def _answered(
    handler: Callable[[Request], Coroutine[Any, Any, Response]],
    request: Request,
    answers: Answers,
    claim: Claim,
    fingerprint: str,
) -> Response:
    try:
        response = await handler(request)
        if response.status_code < 300:
            await answers.keep(claim, fingerprint, _answer(response), _subject(request, response))
            return response
    except BaseException:
        await answers.release(claim)
        raise
    await answers.release(claim)
    return response


async def claim_of(request: Request) -> Claim:
    """Return the claim that a request's key makes.

    Raises:
        InvalidInput: when the key is not 1 to 255 printable ASCII characters, or is sent twice.
        Unauthenticated: when the token is not valid.
    """
    principal: Principal = await bearer(request, gateway_of(request))
    keys = request.headers.getlist(HEADER)
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        msg = "Send one key of 1 to 255 printable ASCII characters, for example a UUID."
        raise InvalidInput(msg, field=HEADER)
    # Another caller of the tenant may not do what this one may: they share no answers.
    who = f"{principal.role}/{principal.subject}"
    return Claim(principal.tenant, who, keys[0], uuid.uuid4().hex)


def target(request: Request) -> bytes:
    """Return what a request is sent to: part of its fingerprint."""
    return f"{request.method} {request.url.path}?{request.url.query}\n".encode()


def refuse(begun: Begun) -> None:
    """Refuse a request that is under way, or a key that was used for another one.

    Raises:
        Conflict: it is under way.
        InvalidInput: the key was used otherwise.
    """
    if begun.state == "running":
        msg = "A request with this key is under way; send it again in a moment."
        raise Conflict(msg, field=HEADER, retry_after_s=1.0)
    if begun.state == "other":
        msg = "This key was used for another request; take a new key for each request."
        raise InvalidInput(msg, field=HEADER)


def replayed(begun: Begun) -> Response:
    """Return the kept answer again, marked as such."""
    answer = begun.answer or Answer(204, {}, "")
    headers = {**answer.headers, REPLAYED: "true"}
    return Response(answer.body or None, status_code=answer.status, headers=headers)


def idempotent_id(request: Request) -> str | None:
    """Return an id that is the same each time this request is sent, if it carries a key.

    So what a request makes is made once even when its gateway dies before the answer is kept.
    """
    return getattr(request.state, "idempotent_id", None)


def _answer(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, headers, bytes(response.body).decode())


def _subject(request: Request, response: Response) -> Subject | None:
    params = request.path_params
    if "conversation_id" in params:
        return "conversation", params["conversation_id"]
    if "customer_id" in params:
        return "customer", params["customer_id"]
    if request.url.path == "/v1/conversations":
        return "conversation", json.loads(bytes(response.body))["id"]
    return None
