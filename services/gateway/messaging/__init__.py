"""Messaging platforms that post webhooks: one reader per platform, listed here by hand.

A reader is pure: a request's headers and body in, what was written or closed out.
"""

from services.gateway.messaging.chatwoot import CHATWOOT
from services.gateway.messaging.platform import Platform
from services.gateway.messaging.sunshine import SUNSHINE

PLATFORMS: tuple[Platform, ...] = (CHATWOOT, SUNSHINE)
