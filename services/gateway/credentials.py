"""How telephone systems that cannot get our tokens prove who they are: a key and its secret."""

import base64
import binascii
import hmac

from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from services.gateway.admission import Admission, admission_of, refusing_slowly
from services.gateway.auth import Requires
from services.gateway.ports import gateway_of
from services.kit.errors import Unauthenticated
from services.records.integrations import Integration, IntegrationKind


class Credentials(SecurityBase):
    """A dependency that admits an integration's key and secret, or a token whose role is ingest.

    Taken as ``Authorization: Basic`` (key and secret as user and password), as a bearer
    ``key:secret``, or bare in ``token_header`` for a system that has a header of its own.
    A refusal takes half a second at least, so that secrets cannot be tried out fast.
    """

    def __init__(self, kind: IntegrationKind, token_header: str | None = None) -> None:
        self._kind = kind
        self._token_header = token_header
        self._token = Requires("ingest")
        self.roles = self._token.roles
        self.scheme_name, self.model = self._token.scheme_name, self._token.model

    async def __call__(self, connection: HTTPConnection) -> Admission:
        """Return who may come in.

        Raises:
            Unauthenticated: no credentials, unknown key, wrong secret.
            Forbidden: a valid token of another role.
        """
        gateway = gateway_of(connection)
        given = self._given(connection)
        if given is None:
            return Admission(await self._token(connection))
        async with refusing_slowly(gateway):
            integration = await gateway.integrations.find(self._kind, given[0])
            if integration is None or not _knows(integration, given[1]):
                raise Unauthenticated(f"There is no {self._kind} integration with this secret.")
        return admission_of(integration)

    def _given(self, connection: HTTPConnection) -> tuple[str, str] | None:
        if self._token_header and (bare := connection.headers.get(self._token_header)):
            key, _, secret = bare.strip().partition(":")
            return key, secret
        scheme, _, value = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            key, _, secret = _decoded(value.strip()).partition(":")
            return key, secret
        if scheme.lower() == "bearer" and ":" in value:  # a token of ours holds no colon
            key, _, secret = value.strip().partition(":")
            return key, secret
        return None


def _knows(integration: Integration, secret: str) -> bool:
    given = secret.encode()
    return any(
        hmac.compare_digest(given, known.encode())
        for known in integration.secrets.values()
        if known
    )


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (ValueError, binascii.Error):
        return ""
