"""Opaque cursors of pages: a place in an order, written so that nobody is tempted to read it."""

import base64
import binascii

from services.kit.errors import InvalidInput


def write_cursor(place: str) -> str:
    """Return the cursor of a place."""
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def read_cursor(cursor: str) -> str:
    """Return the place of a cursor.

    Raises:
        InvalidInput: when it is not one that an earlier page gave.
    """
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise not_a_cursor() from error


def not_a_cursor() -> InvalidInput:
    """Return the error for a cursor that no page gave."""
    return InvalidInput("Use the `next` of an earlier page, unchanged.", field="cursor")
