"""Undoes what exports did to the texts of public collections."""

import html
import re

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_QUOTES = re.compile(r'(?:\\?")+')


def readable(text: str) -> str:
    r"""Return a text as it was written.

    Collections of tweets hold escapes where characters were: ``\u2019``, ``&amp;``, and quotation
    marks doubled at each export. No turn of a live conversation has any.
    """
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))
    return _QUOTES.sub('"', text).strip()
