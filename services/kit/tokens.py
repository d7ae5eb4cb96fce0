"""Development tokens: who calls, for which tenant and in which role, signed with one shared key."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import TypeAdapter, ValidationError

from services.contracts.base import Identifier
from services.kit.errors import InvalidInput, Unauthenticated
from services.kit.keyfile import kept
from services.kit.settings import Settings

TokenRole = Literal["adviser", "crm", "ingest", "admin", "ops"]
ROLES: tuple[TokenRole, ...] = get_args(TokenRole)

DEFAULT_LIFETIME = timedelta(hours=12)
"""A working day; development tokens are not revoked, so they must not live long."""

MAX_LIFETIME = timedelta(days=30)

DEVELOPMENT_ISSUER = "urn:souffleur:development"
_SECRET_FILE = "token-secret"  # noqa: S105 - a file's name
_LEAST_SECRET = 32
"""Bytes: RFC 7518 section 3.2 asks for a key at least as long as the hash."""

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


@dataclass(frozen=True)
class Principal:
    """Who a request comes from. The tenant is taken from here and from nowhere else.

    Attributes:
        tenant: whose data this is about.
        role: what the caller is in the first place.
        subject: who it is within the tenant; for an adviser the ``adviser_id`` of conversations.
        further: other roles that the same token gives.
        expires: when the token ends, and with it every socket that it opened; ``None`` for callers
            that prove themselves otherwise (a signature).
    """

    tenant: str
    role: TokenRole
    subject: str
    further: frozenset[TokenRole] = frozenset()
    expires: datetime | None = field(default=None, compare=False)

    @property
    def roles(self) -> frozenset[TokenRole]:
        """Every role of the token."""
        return self.further | {self.role}


class TokenIssuer:
    """Signs and checks tokens (JWT, HS256)."""

    def __init__(self, secret: str) -> None:
        """Take the key.

        Raises:
            InvalidInput: when ``secret`` is shorter than 32 bytes.
        """
        if len(secret.encode()) < _LEAST_SECRET:
            msg = "Give a token secret of at least 32 bytes, for example `openssl rand -hex 32`."
            raise InvalidInput(msg, field="token_secret")
        self._key = OctKey.import_key(secret)

    def issue(
        self, principal: Principal, *, now: datetime, lifetime: timedelta = DEFAULT_LIFETIME
    ) -> str:
        """Return a token for ``principal`` that holds until ``now + lifetime``.

        Raises:
            InvalidInput: for an unknown role, a malformed tenant or subject, a lifetime > 30 days.
        """
        if principal.role not in ROLES:
            msg = f"Use one of {', '.join(ROLES)}."
            raise InvalidInput(msg, field="role")
        for name in ("tenant", "subject"):
            _check_identifier(name, getattr(principal, name))
        if not timedelta(0) < lifetime <= MAX_LIFETIME:
            msg = "Ask for a lifetime of more than nothing and at most 30 days."
            raise InvalidInput(msg, field="lifetime")
        claims = {
            "iss": DEVELOPMENT_ISSUER,
            "tenant": principal.tenant,
            "role": principal.role,
            "sub": principal.subject,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def verify(self, token: str, *, now: datetime) -> Principal:
        """Return the principal of a valid token.

        Raises:
            Unauthenticated: when it is malformed, forged or expired.
        """
        try:
            # The algorithm is pinned: a token never chooses how it is checked.
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError, TypeError) as error:
            msg = "The token is not valid; get a new one with `souffleur token`."
            raise Unauthenticated(msg) from error
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= now.timestamp():
            msg = "The token has expired; get a new one with `souffleur token`."
            raise Unauthenticated(msg)
        tenant, role, subject = (claims.get(name) for name in ("tenant", "role", "sub"))
        if claims.get("iss") != DEVELOPMENT_ISSUER or role not in ROLES:
            msg = "The token was not issued for Souffleur; get one with `souffleur token`."
            raise Unauthenticated(msg)
        try:
            return Principal(
                tenant=_IDENTIFIER.validate_python(tenant),
                role=role,
                subject=_IDENTIFIER.validate_python(subject),
                expires=datetime.fromtimestamp(expires, UTC),
            )
        except ValidationError as error:
            msg = "The token names no valid tenant and subject; get one with `souffleur token`."
            raise Unauthenticated(msg) from error


def token_issuer(settings: Settings) -> TokenIssuer:
    """Return the development issuer, making a key in the data directory at first use.

    Raises:
        InvalidInput: in production, where only a real issuer's tokens count.
    """
    if settings.env == "production":
        msg = "Set SOUFFLEUR_ISSUER: in production tokens come from an OIDC issuer, not from here."
        raise InvalidInput(msg, field="issuer")
    if settings.token_secret:
        return TokenIssuer(settings.token_secret)
    secret = kept(settings.data_dir / _SECRET_FILE, lambda: secrets.token_hex(32))
    return TokenIssuer(secret)


def _check_identifier(field: str, value: str) -> None:
    try:
        _IDENTIFIER.validate_python(value)
    except ValidationError as error:
        msg = "Use 1 to 128 letters, digits or _.:@+- and start with a letter or digit."
        raise InvalidInput(msg, field=field) from error
