"""Twilio's signatures: an HMAC of the URL under the account's auth token."""

import base64
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from services.gateway.admission import Admission, admission_of, refusing_slowly
from services.gateway.ports import Gateway, gateway_of
from services.kit.errors import Unauthenticated
from services.records.integrations import Integration

_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_ALGORITHM = re.compile(r"(?:^|,)\s*algorithm=(\w+)")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")


async def twilio_signature(connection: HTTPConnection) -> Admission:
    """Admit a signed request to the path of a known integration.

    The opening request does not say whose call it is, and Twilio drops a query: the integration's
    key is the last part of the path. Proxies' headers are not read: where a proxy changes the host,
    the integration's ``public_url`` says what Twilio was told.

    Raises:
        Unauthenticated: unknown key, wrong or missing signature.
    """
    gateway = gateway_of(connection)
    async with refusing_slowly(gateway):
        return await _admit(connection, gateway)


async def _admit(connection: HTTPConnection, gateway: Gateway) -> Admission:
    key = str(connection.path_params["key"])
    integration = await gateway.integrations.find("twilio", key)
    if integration is None:
        raise Unauthenticated("There is no Twilio integration with this key.")
    secrets = [secret for _, secret in sorted(integration.secrets.items()) if secret]
    if secrets:
        address = _address(connection, integration)
        if not any(_signed(connection.headers, address, secret) for secret in secrets):
            raise Unauthenticated("The X-Twilio-Signature is missing or wrong.")
    elif gateway.settings.env == "production":
        raise Unauthenticated("Store the account's auth token as this integration's secret.")
    admission = admission_of(integration)
    account = {"account_sid": key} if _ACCOUNT.fullmatch(key) else {}
    return Admission(admission.principal, {**account, **admission.config})


def _address(connection: HTTPConnection, integration: Integration) -> str:
    """Return the URL as it stands in the TwiML."""
    path, query = connection.scope["raw_path"].decode(), connection.url.query
    base = str(integration.config.get("public_url") or "").rstrip("/")
    if not base:
        base = f"wss://{connection.headers.get('host', '')}"
    return f"{base}{path}?{query}" if query else base + path


def _signed(headers: Mapping[str, str], address: str, secret: str) -> bool:
    given = headers.get("x-twilio-signature", "").encode()
    settings = headers.get("x-twilio-webhooks-signature-settings", "")
    named = _ALGORITHM.search(settings)
    algorithm = _ALGORITHMS.get(named[1].upper() if named else "HMAC_SHA1")
    if algorithm is None:
        return False
    return any(
        hmac.compare_digest(
            given, base64.b64encode(hmac.digest(secret.encode(), url.encode(), algorithm))
        )
        for url in _spellings(address)
    )


def _spellings(address: str) -> Iterator[str]:
    """Return the ways in which Twilio may have written the URL: its own libraries try these too."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        return
    for authority in dict.fromkeys((parts.netloc, host, f"{host}:{port or 443}")):
        url = parts._replace(netloc=authority).geturl()
        yield url
        if not parts.query:
            yield url.rstrip("/") if url.endswith("/") else url + "/"
