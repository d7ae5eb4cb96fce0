"""Entities of a text, by rules and checksums: for forms, evidence and redaction."""

from services.entities.candidates import OTHER, PERSONAL
from services.entities.finding import find
from services.entities.redaction import personal, redact

__all__ = ["OTHER", "PERSONAL", "find", "personal", "redact"]
