"""Signed opening requests as Genesys AudioHook makes them: HTTP Message Signatures (RFC 9421)."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kit.errors import Unauthenticated

COVERED = (
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    "x-api-key",
)
"""What a signature must cover; more is welcome."""

MAX_AGE = timedelta(seconds=10)
"""A signature older than this, or this far in the future, is refused."""

LEAST_NONCE = 22
"""Characters of base64 that hold 128 random bits."""

_INPUT = re.compile(r'sig1=(\(("[^"\s]+"(?: "[^"\s]+")*)\)((?:;[a-z*][a-z0-9_.*-]*=[^;]+)*))')
_SIGNATURE = re.compile(r"sig1=:([A-Za-z0-9+/]+={0,2}):")
_PARAMETER = re.compile(r';([a-z*][a-z0-9_.*-]*)=(?:"([^"]*)"|(\d+))')


@dataclass(frozen=True)
class Signature:
    """A signature as it came.

    Attributes:
        components: names of what it covers, in order.
        parameters: the raw inner list with its parameters, as it is signed.
        key_id: who signed.
        nonce: seen once only.
        created: when it was made.
        expires: until when it holds, when it says so.
        value: the HMAC.
    """

    components: tuple[str, ...]
    parameters: str
    key_id: str
    nonce: str
    created: int
    expires: int | None
    value: bytes

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> "Signature | None":
        """Return the signature of a request, ``None`` when it has none.

        Raises:
            Unauthenticated: when it cannot be read.
        """
        given, signed = headers.get("signature-input"), headers.get("signature")
        if given is None and signed is None:
            return None
        covered = _INPUT.fullmatch((given or "").strip())
        value = _SIGNATURE.fullmatch((signed or "").strip())
        if covered is None or value is None:
            raise Unauthenticated("The signature cannot be read.")
        found = {name: text or number for name, text, number in _PARAMETER.findall(covered[3])}
        try:
            return cls(
                tuple(name.strip('"') for name in covered[2].split(" ")),
                covered[1],
                found["keyid"],
                found["nonce"],
                int(found["created"]),
                int(found["expires"]) if "expires" in found else None,
                base64.b64decode(value[1], validate=True),
            )
        except (KeyError, ValueError, binascii.Error):
            raise Unauthenticated("The signature lacks keyid, nonce or created.") from None

    def check(self, headers: Mapping[str, str], target: str, secret: str, now: datetime) -> None:
        """Hold the signature against the request.

        Args:
            headers: by lower-case name.
            target: path and query of the request.
            secret: the client secret in base64.
            now: the time.

        Raises:
            Unauthenticated: when anything does not fit.
        """
        if not set(COVERED) <= set(self.components) or len(set(self.components)) < len(
            self.components
        ):
            raise Unauthenticated("The signature does not cover all it must.")
        if len(self.nonce) < LEAST_NONCE:
            raise Unauthenticated("The nonce is too short.")
        if abs(now.timestamp() - self.created) > MAX_AGE.total_seconds():
            raise Unauthenticated("The signature is too old, or the clocks differ.")
        if self.expires is not None and self.expires < now.timestamp():
            raise Unauthenticated("The signature has expired.")
        key = _key(secret)
        base = self._base(headers, target)
        if not hmac.compare_digest(hmac.digest(key, base.encode(), "sha256"), self.value):
            raise Unauthenticated("The signature is wrong.")

    def _base(self, headers: Mapping[str, str], target: str) -> str:
        derived = {"@request-target": target, "@authority": headers.get("host", "").lower()}
        lines = []
        for name in self.components:
            value = derived.get(name) if name.startswith("@") else headers.get(name)
            if value is None:
                raise Unauthenticated("The signature covers a header that is not there.")
            lines.append(f'"{name}": {value.strip()}')
        return "\n".join((*lines, f'"@signature-params": {self.parameters}'))


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret, validate=True)
    except (ValueError, binascii.Error):
        raise Unauthenticated("The client secret is not base64; set it again.") from None
