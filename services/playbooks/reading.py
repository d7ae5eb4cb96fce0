"""Reads a playbook and says of every fault where it stands and what to do about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.contracts.playbook import Playbook
from services.playbooks.faults import Fault, invalid
from services.playbooks.source import MAX_BYTES, Kind, Place, Source, dotted, parse

MOST_FAULTS = 50
"""Told at once; the first ones are mostly the cause of the others."""

MOST_INTENTS = 500
MOST_RULES = 1_000
MOST_UTTERANCES = 8_000
"""Intents; actions and cues; utterances of any kind. Fitting grows with the cube of the utterances,
and every assistant does it."""


@dataclass(frozen=True)
class Written:
    """A playbook and where its parts stand."""

    playbook: Playbook
    source: Source


@dataclass(frozen=True)
class BuiltIn:
    """The playbook of tenants that have none of their own, and its text as YAML."""

    playbook: Playbook
    text: bytes

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """Return the names of its intents for the panel."""
        return labels_of(self.playbook)


def read(text: bytes, kind: Kind) -> Written:
    """Return the playbook that ``text`` holds. Up to half a second of CPU: in a thread.

    Raises:
        MalformedInput: it is no UTF-8.
        InvalidPlaybook: it does not fit; its ``errors`` name lines and say what to do.
    """
    if len(text) > MAX_BYTES:
        fix = "Leave out what says the same twice; 20 examples per intent and language are plenty."
        raise invalid(Fault("", None, f"More than {MAX_BYTES} bytes.", fix))
    source = parse(text, kind)
    try:
        playbook = Playbook.model_validate(source.content)
    except ValidationError as error:
        faults = list(_faults(error, source))
        raise invalid(*faults[:MOST_FAULTS]) from None
    _within_bounds(playbook)
    return Written(playbook, source)


def labels_of(playbook: Playbook) -> dict[str, dict[str, str]]:
    """Return the names of the intents for the panel: ``{intent_id: {"fr", "en"}}``."""
    return {intent.id: intent.name.model_dump() for intent in playbook.intents}


def utterances(playbook: Playbook) -> int:
    """Count every utterance that a head is fitted to."""
    groups = [intent.examples for intent in playbook.intents]
    groups += [action.said for action in playbook.actions]
    groups += [cue.phrases for cue in playbook.cues]
    return sum(len(group.fr) + len(group.en) for group in (*groups, playbook.none_of_these))


def _within_bounds(playbook: Playbook) -> None:
    for path, count, most in (
        ("intents", len(playbook.intents), MOST_INTENTS),
        ("actions", len(playbook.actions) + len(playbook.cues), MOST_RULES),
        ("intents", utterances(playbook), MOST_UTTERANCES),
    ):
        if count > most:
            what = {MOST_INTENTS: "intents", MOST_RULES: "actions and cues"}.get(most, "utterances")
            raise invalid(Fault(path, None, f"{count} {what}; at most {most} are served.", "Cut."))


def _faults(error: ValidationError, source: Source) -> Iterator[Fault]:
    told = set()
    complaints = error.errors(include_url=False, include_input=False)
    inside = {each["loc"][:depth] for each in complaints for depth in range(len(each["loc"]))}
    for each in complaints:
        if each["type"] == "too_short" and each["loc"] in inside:
            continue  # it counts only what is right in the list; what is wrong there is told
        if not each["loc"] and each["type"] == "value_error":
            yield from _references(source)
            return
        fault = _fault(each, source)
        # A value that may be of several types is complained of once for each.
        if (fault.path, fault.line) not in told:
            told.add((fault.path, fault.line))
            yield fault


def _fault(complaint: Any, source: Source) -> Fault:
    place, kind = complaint["loc"], complaint["type"]
    known = source.known(place)
    path = place if kind == "missing" else known
    fix = _FIXES.get(kind, "See docs/playbooks.md for what belongs there.")
    if kind in {"missing", "extra_forbidden"}:
        fix = fix.format(name=place[-1])
    return Fault(dotted(path), source.line(place), f"{complaint['msg']}.", fix)


_FIXES = {
    "missing": "Add {name}, as docs/playbooks.md shows it.",
    "extra_forbidden": "Take {name} out or correct its name; no such field belongs here.",
    "string_type": "Write a text; in quotes if it looks like a number, a date or yes and no.",
    "string_pattern_mismatch": "Use small letters, digits and _, beginning with a letter.",
    "string_too_short": "Write it out, or leave the whole line out.",
    "string_too_long": "Shorten it.",
    "literal_error": "Use one of those words.",
    "tuple_type": "Write a list: one item a line after '- ', or [a, b].",
    "too_short": "Add more; with fewer there is nothing to tell apart.",
    "int_type": "Write a whole number, without quotes.",
    "int_parsing": "Write a whole number, without quotes.",
    "model_type": "Write fields here: 'name: value', one a line.",
    "greater_than_equal": "Use a number within the bounds.",
    "less_than_equal": "Use a number within the bounds.",
    "value_error": "Correct the condition; docs/playbooks.md lists the operators.",
}


def _references(source: Source) -> Iterator[Fault]:
    """Give each doubled id and each reference to nothing; every field by itself is right."""
    book: dict[str, Any] = source.content
    topics, intents, actions = (_ids(book, name) for name in ("topics", "intents", "actions"))
    rules: Any = [(("actions", n), r) for n, r in enumerate(book.get("actions") or ())]
    rules += [(("cues", n), r) for n, r in enumerate(book.get("cues") or ())]
    named: Any = [(("topics", n), t) for n, t in enumerate(book["topics"])]
    listed: Any = [(("intents", n), i) for n, i in enumerate(book["intents"])]
    for group in (named, listed, rules):
        yield from _doubled(group, source)
    for place, intent in listed:
        yield from _unknown((*place, "topic"), [intent["topic"]], topics, "topic", source)
    for place, rule in rules:
        when = rule.get("when") or {}
        for name, known, what in (
            ("intents", intents, "intent"),
            ("done", actions, "action"),
            ("not_done", actions, "action"),
        ):
            used = when.get(name) or ()
            yield from _unknown((*place, "when", name), used, known, what, source)


def _ids(book: dict[str, Any], group: str) -> set[str]:
    return {each["id"] for each in book.get(group) or ()}


def _doubled(group: list[tuple[Place, Any]], source: Source) -> Iterator[Fault]:
    counts = Counter(each["id"] for _, each in group)
    first: dict[str, int] = {}
    for place, each in group:
        line = source.line((*place, "id"))
        if counts[each["id"]] > 1 and each["id"] in first:
            detail = f"The id {each['id']!r} is taken (line {first[each['id']]})."
            yield Fault(dotted((*place, "id")), line, detail, "Give each its own id.")
        first.setdefault(each["id"], line)


def _unknown(
    place: Place, used: Any, known: set[str], what: str, source: Source
) -> Iterator[Fault]:
    for number, name in enumerate(used):
        if name not in known:
            own = (*place, number)
            where = own if source.known(own) == own else place
            yield Fault(
                dotted(place),
                source.line(where),
                f"There is no {what} {name!r}.",
                f"Add that {what}, or correct the id.{_nearest(name, known)}",
            )


def _nearest(name: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
