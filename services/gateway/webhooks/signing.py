"""Signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com), symmetric scheme v1."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from services.records.webhooks import SECRET_PREFIX


def signed_headers(
    message_id: str, at: datetime, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Return ``webhook-id``, ``-timestamp`` and ``-signature``, with a signature per secret."""
    stamp = str(int(at.timestamp()))
    content = f"{message_id}.{stamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_signature(secret, content) for secret in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
