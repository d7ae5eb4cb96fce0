"""The public keys of an OIDC issuer: fetched beforehand, kept while it is down, no storms."""

import asyncio
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from services.kit.clock import Clock
from services.kit.errors import Unauthenticated, Unavailable
from services.kit.tasks import going_on

REFRESH_S = 300.0
"""How soon a key that the issuer took away stops counting."""

RETRY_S = 5.0
"""Wait between attempts as long as there is no key at all."""

UNKNOWN_KEY_S = 60.0
"""Tokens with an unknown key make us ask again, but at most once in so long."""

_TIMEOUT_S = 5.0
_MAX_BYTES = 1_048_576
_LEAST_RSA_BITS = 2048

Kind = Literal["RSA", "P-256", "P-384", "P-521", "Ed25519"]

KINDS: Mapping[str, Kind] = {
    **{f"{family}{bits}": "RSA" for family in ("RS", "PS") for bits in (256, 384, 512)},
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
}
"""The only kind of key that each algorithm may be checked with (RFC 8725, section 3.1)."""

_FAILURES = (
    *(httpx2.HTTPError, httpx2.InvalidURL, OSError),
    *(ValueError, KeyError, TypeError, AttributeError),  # an answer of another shape
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SigningKey:
    """A public key that may sign tokens; ``algorithm`` is set when the issuer bound it to one."""

    key: Key
    kind: Kind
    id: str | None
    algorithm: str | None

    def fits(self, key_id: str | None, algorithm: str) -> bool:
        """Say whether a token with this ``kid`` and ``alg`` may be signed with it."""
        return (
            (key_id is None or self.id == key_id)
            and self.kind == KINDS[algorithm]
            and self.algorithm in (None, algorithm)
        )


class IssuerKeys:
    """The keys of one issuer. ``keep_fresh`` must run for as long as it is used."""

    def __init__(
        self, issuer: str, jwks_url: str, client: httpx2.AsyncClient, clock: Clock
    ) -> None:
        """Take where the keys are; an empty ``jwks_url`` is discovered from the issuer."""
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._client = client
        self._clock = clock
        self._keys: tuple[SigningKey, ...] = ()
        self._asking = asyncio.Lock()
        self._tried = asyncio.Event()
        self._asked_for_unknown: float | None = None

    async def find(self, key_id: str | None, algorithm: str) -> Key:
        """Return the key that a token says it was signed with.

        Raises:
            Unauthenticated: when the issuer has no such key.
            Unavailable: when no key could be had from the issuer yet.
        """
        await self._tried.wait()
        if not self._keys:
            msg = "The issuer's keys could not be fetched yet; try again in a moment."
            raise Unavailable(msg, retry_after_s=RETRY_S)
        found = self._known(key_id, algorithm)
        if found is None:
            # Who waited for the lock may find what another one has fetched.
            async with self._asking:
                found = self._known(key_id, algorithm)
                if found is None and self._may_ask():
                    await self._refresh()
                    found = self._known(key_id, algorithm)
        if found is None:
            msg = "The token is signed with a key that its issuer does not publish."
            raise Unauthenticated(msg)
        return found

    async def keep_fresh(self) -> None:
        """Fetch the keys now and every few minutes, until cancelled."""
        while going_on():
            async with self._asking:
                await self._refresh()
            self._tried.set()
            await self._clock.sleep(REFRESH_S if self._keys else RETRY_S)

    def _known(self, key_id: str | None, algorithm: str) -> Key | None:
        fitting = [key for key in self._keys if key.fits(key_id, algorithm)]
        # Without a kid only an issuer with a single key of the kind leaves no doubt.
        return fitting[0].key if len(fitting) == 1 or (fitting and key_id) else None

    def _may_ask(self) -> bool:
        now = self._clock.monotonic()
        if self._asked_for_unknown is not None and now - self._asked_for_unknown < UNKNOWN_KEY_S:
            return False
        self._asked_for_unknown = now
        return True

    async def _refresh(self) -> None:
        """Replace the keys; when that fails, the old ones stay."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                keys = await self._fetch()
        except _FAILURES as error:
            code = {"error_code": type(error).__name__}
            _log.warning("the issuer's keys could not be fetched", extra=code)
            return
        if keys:
            self._keys = keys
        else:
            _log.warning("the issuer publishes no key that can sign")

    async def _fetch(self) -> tuple[SigningKey, ...]:
        url = self._jwks_url or await self._discover()
        return tuple(
            key for entry in (await self._get(url))["keys"] if (key := _signing_key(entry))
        )

    async def _discover(self) -> str:
        found = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found["issuer"] != self._issuer:
            msg = "the discovery document is another issuer's"
            raise ValueError(msg)
        return str(found["jwks_uri"])

    async def _get(self, url: str) -> dict[str, Any]:
        async with self._client.stream("GET", url) as answer:
            answer.raise_for_status()
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MAX_BYTES:
                    msg = "the answer is too long"
                    raise ValueError(msg)
        return dict(json.loads(body))


@contextmanager
def without_advice() -> Iterator[None]:
    """Keep the library's advice to whoever chooses keys and algorithms out of our logs.

    Weak keys are dropped by us; ``EdDSA`` is what issuers still say for Ed25519 (RFC 9864).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def _signing_key(entry: dict[str, Any]) -> SigningKey | None:
    """Return the key of a JWKS entry, or ``None`` when it is not one that checks signatures.

    A symmetric key is never one: what is published cannot be secret.
    """
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ["verify"]):
        return None
    try:
        with without_advice():
            key, kind = _read_key(entry)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    found = next((known for known in KINDS.values() if known == kind), None)
    return SigningKey(key, found, entry.get("kid"), entry.get("alg")) if found else None


def _read_key(entry: dict[str, Any]) -> tuple[Key, object]:
    match entry["kty"]:
        case "RSA":
            key = RSAKey.import_key(entry)
            return key, "RSA" if key.public_key.key_size >= _LEAST_RSA_BITS else None
        case "EC":
            return ECKey.import_key(entry), entry["crv"]
        case "OKP":
            return OKPKey.import_key(entry), entry["crv"]
    msg = "not a kind of key that signs"
    raise ValueError(msg)
