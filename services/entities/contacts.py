"""Finds e-mail addresses, web addresses and IP addresses, as written and as spelled aloud."""

import ipaddress
import re
from collections.abc import Sequence

from services.entities.candidates import Candidate
from services.entities.numbers import Numbers
from services.entities.said_contacts import AT_SIGNS, spoken_email, spoken_url
from services.entities.tokens import Token

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"']+[^\s<>\"'.,;:!?)]"
    r"|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|fr|net|org|io|eu|co\.uk)(?:/[^\s<>\"']*[^\s<>\"'.,;:!?)])?\b",
    re.IGNORECASE,
)
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){4,7})(?![\w:])", re.I
)


def contacts(
    text: str, tokens: Sequence[Token], numbers: Numbers, *, signalled: bool
) -> tuple[list[Candidate], set[int]]:
    """Return e-mail, web and IP addresses, and the tokens that they use.

    ``signalled`` says that one of ``SIGNALS`` is among the tokens.
    """
    found: list[Candidate] = []
    if "@" in text:
        found += [
            Candidate("email", match.group().casefold(), *match.span(), 3)
            for match in _EMAIL.finditer(text)
        ]
    if "." in text or ":" in text:
        found += [
            Candidate(_url_kind(match.group()), match.group().casefold(), *match.span(), 2)
            for match in _URL.finditer(text)
            if not any(one.start < match.end() and match.start() < one.end for one in found)
        ]
        found += [
            Candidate("ip", match.group(), *match.span(), 3)
            for match in _IP.finditer(text)
            if _is_ip(match.group())
        ]
    for at, token in enumerate(tokens) if signalled else ():
        if token.norm in AT_SIGNS or (
            token.norm == "commercial" and at and tokens[at - 1].norm == "a"
        ):
            email = spoken_email(tokens, at, numbers)
            if email is not None:
                found.append(email)
        elif token.norm in ("www", "w", "http", "https"):
            url = spoken_url(tokens, at, numbers)
            if url is not None:
                found.append(url)
    if not found:
        return found, set()
    taken = {
        index
        for index, token in enumerate(tokens)
        if any(one.start < token.end and token.start < one.end for one in found)
    }
    return found, taken


def _url_kind(url: str) -> str:
    """A page of somebody's own (a path with a number, a query) is personal, a site is not."""
    path = url.partition("://")[2] or url
    return (
        "url"
        if "?" in path or any(char.isdigit() for char in path.partition("/")[2])
        else "website"
    )


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
