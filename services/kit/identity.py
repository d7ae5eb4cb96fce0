"""Who a bearer token speaks for: checked against an OIDC issuer, or our development issuer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode
from pydantic import TypeAdapter, ValidationError

from services.contracts.base import Identifier
from services.kit.clock import Clock
from services.kit.errors import InvalidInput, Unauthenticated
from services.kit.identity_keys import KINDS, IssuerKeys, without_advice
from services.kit.settings import Settings
from services.kit.tokens import (
    DEVELOPMENT_ISSUER,
    ROLES,
    Principal,
    TokenIssuer,
    TokenRole,
    token_issuer,
)

LEEWAY_S = 30.0
"""How far the issuer's clock may be from ours."""

MAX_TOKEN = 16_384
"""Characters: longer ones do not fit the headers that carry them."""

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


class Identity(Protocol):
    """Checks tokens."""

    async def verify(self, token: str, *, now: datetime) -> Principal:
        """Return the principal of a valid token.

        Raises:
            Unauthenticated: when it is malformed, forged, expired or for somebody else.
            Unavailable: when the issuer's keys are not known yet.
        """
        ...


class OidcIdentity:
    """Takes the tokens of one issuer."""

    def __init__(self, settings: Settings, keys: IssuerKeys) -> None:
        self._settings = settings
        self._keys = keys

    async def verify(self, token: str, *, now: datetime) -> Principal:
        header = _header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        # The token only chooses among what the operator allows, and each algorithm among keys of
        # its own kind: a public key is never taken for an HMAC secret.
        if algorithm not in self._settings.signing_algorithms or algorithm not in KINDS:
            allowed = ", ".join(self._settings.signing_algorithms)
            raise Unauthenticated(f"The token must be signed with one of {allowed}.")
        if not isinstance(key_id, str | None):
            raise Unauthenticated("The token's key id is not a text.")
        key = await self._keys.find(key_id, algorithm)
        try:
            with without_advice():
                claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError, TypeError) as error:
            raise Unauthenticated("The token's signature does not hold.") from error
        expires = self._check_bounds(claims, now.timestamp())
        return self._principal(claims, expires)

    def _check_bounds(self, claims: dict[str, Any], now: float) -> datetime:
        if claims.get("iss") != self._settings.issuer:
            raise Unauthenticated("The token is another issuer's.")
        audience = claims.get("aud")
        meant = audience if isinstance(audience, list) else [audience]
        if self._settings.audience not in meant:
            raise Unauthenticated("The token is for another audience.")
        expires = _instant(claims, "exp")
        if expires is None:
            raise Unauthenticated("The token says not when it expires; its claim exp is missing.")
        if expires + LEEWAY_S <= now:
            raise Unauthenticated("The token has expired; get a new one from its issuer.")
        for claim in ("nbf", "iat"):
            if (_instant(claims, claim) or 0.0) - LEEWAY_S > now:
                raise Unauthenticated("The token is not valid yet; compare the clocks.")
        return datetime.fromtimestamp(expires + LEEWAY_S, UTC)

    def _principal(self, claims: dict[str, Any], expires: datetime) -> Principal:
        settings = self._settings
        tenant = _identifier(claims, settings.tenant_claim, "SOUFFLEUR_TENANT_CLAIM")
        subject = _identifier(claims, settings.subject_claim, "SOUFFLEUR_SUBJECT_CLAIM")
        names = _claim(claims, settings.roles_claim)
        words = names.split() if isinstance(names, str) else names
        roles = {role for role in map(self._role, words if isinstance(words, list) else ()) if role}
        first = next((role for role in _STRONGEST_FIRST if role in roles), None)
        if first is None:
            msg = f"The token gives no role that counts here; its claim is {settings.roles_claim}."
            raise Unauthenticated(msg)
        return Principal(tenant, first, subject, frozenset(roles - {first}), expires)

    def _role(self, name: object) -> TokenRole | None:
        if not isinstance(name, str):
            return None
        return self._settings.roles_map.get(name) or next((r for r in ROLES if r == name), None)


class DevelopmentIdentity:
    """Takes development tokens, and those of an issuer when there is one too."""

    def __init__(self, issuer: TokenIssuer, oidc: OidcIdentity | None) -> None:
        self._issuer = issuer
        self._oidc = oidc

    async def verify(self, token: str, *, now: datetime) -> Principal:
        if self._oidc is None or _says_ours(token):
            return self._issuer.verify(token, now=now)
        return await self._oidc.verify(token, now=now)


def check_identity(settings: Settings) -> None:
    """Say what is missing in the settings, before anything starts.

    Raises:
        InvalidInput: production without an issuer, an issuer without an audience, a bad URL.
    """
    if settings.env == "production" and not settings.issuer:
        msg = "Set SOUFFLEUR_ISSUER: in production tokens come from an OIDC issuer, not from here."
        raise InvalidInput(msg, field="issuer")
    if settings.issuer and not settings.audience:
        msg = "Set SOUFFLEUR_AUDIENCE: tokens that the issuer gave for others must not count here."
        raise InvalidInput(msg, field="audience")
    for name in ("issuer", "jwks_url"):
        url = getattr(settings, name)
        if url and not url.startswith(("https://", "http://")):
            raise InvalidInput("Give a whole URL: https://...", field=name)


@asynccontextmanager
async def identity(settings: Settings, clock: Clock) -> AsyncIterator[Identity]:
    """Give what checks tokens; the issuer's keys are fetched behind while the context lasts.

    Raises:
        InvalidInput: as ``check_identity``.
    """
    check_identity(settings)
    if not settings.issuer:
        yield DevelopmentIdentity(token_issuer(settings), None)
        return
    async with httpx2.AsyncClient() as client, asyncio.TaskGroup() as tasks:
        keys = IssuerKeys(settings.issuer, settings.jwks_url, client, clock)
        fetching = tasks.create_task(keys.keep_fresh())
        oidc = OidcIdentity(settings, keys)
        try:
            if settings.env == "production":
                yield oidc
            else:
                yield DevelopmentIdentity(token_issuer(settings), oidc)
        finally:
            fetching.cancel()


_STRONGEST_FIRST: tuple[TokenRole, ...] = ("admin", "adviser", "crm", "ingest", "ops")


def _header(token: str) -> dict[str, Any]:
    return _part(token, 0)


def _says_ours(token: str) -> bool:
    """Say whether the token calls itself a development token; nothing is believed yet."""
    return _part(token, 1).get("iss") == DEVELOPMENT_ISSUER


def _part(token: str, number: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_TOKEN:
        raise Unauthenticated("The token is not a signed JWT.")
    try:
        part = json.loads(urlsafe_b64decode(parts[number].encode()))
    except (ValueError, RecursionError) as error:
        raise Unauthenticated("The token is not a signed JWT.") from error
    if not isinstance(part, dict):
        raise Unauthenticated("The token is not a signed JWT.")
    return part


def _instant(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # Seconds until the year 9999: more would be no date.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value < 253402300800
    ):
        raise Unauthenticated(f"The token's claim {name} is not a time in seconds.")
    return float(value)


def _claim(claims: dict[str, Any], name: str) -> Any:
    """Return a claim by its whole name, or else by its path (``realm_access.roles``)."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _identifier(claims: dict[str, Any], name: str, setting: str) -> str:
    try:
        return _IDENTIFIER.validate_python(_claim(claims, name))
    except ValidationError as error:
        msg = (
            f"The token's claim {name} is missing or no identifier (1 to 128 letters, digits or "
            f"_.:@+-); {setting} may name another claim."
        )
        raise Unauthenticated(msg) from error
