"""What in a playbook is allowed and yet unlikely to work as its author means it."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

from services.contracts.base import Language
from services.contracts.playbook import (
    Action,
    Condition,
    ContextCondition,
    Cue,
    Examples,
    Intent,
    Playbook,
)
from services.playbooks.faults import Fault
from services.playbooks.reading import Written
from services.playbooks.source import Source, dotted

ENOUGH = 8
"""Examples per intent and language from which more help little (``models/cards/intents.md``)."""

NEAR = 0.75
"""Share of words two examples have in common from which they are one sentence, hardly changed."""

MOST = 200
"""Told at once; ``Warned.total`` counts all."""

_WORDS = re.compile(r"[^\W_]+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Code = Literal[
    "few_examples",
    "shared_example",
    "near_examples",
    "same_name",
    "no_action",
    "never_holds",
    "never_ticked",
    "unknown_placeholder",
    "no_refusals",
    "long_title",
]
LANGUAGES: tuple[Language, ...] = get_args(Language)

Rule = Action | Cue


@dataclass(frozen=True, slots=True)
class Warned:
    """A weakness: its kind, and where and what it is."""

    code: Code
    fault: Fault


def warnings_of(written: Written) -> list[Warned]:
    """Return every weakness, by line. Some ten milliseconds of CPU: in a thread."""
    book, source = written.playbook, written.source
    found = [
        *_few(book, source),
        *_alike(book, source),
        *_names(book, source),
        *_without_action(book, source),
        *_rules(book, source),
    ]
    return sorted(found, key=lambda each: each.fault.line or 0)


def _warned(
    code: Code, source: Source, place: Sequence[int | str], detail: str, fix: str
) -> Warned:
    return Warned(code, Fault(dotted(place), source.line(place), detail, fix))


def _few(book: Playbook, source: Source) -> Iterator[Warned]:
    for number, intent in enumerate(book.intents):
        for language in LANGUAGES:
            count = len(intent.examples.get(language))
            if count < ENOUGH:
                detail = f"{intent.id!r} has {count} examples in {language!r}."
                yield _warned(
                    "few_examples",
                    source,
                    ("intents", number, "examples", language),
                    detail,
                    f"Add {ENOUGH - count} or more as customers say it; "
                    "the other language helps, its own helps more.",
                )
    for language in LANGUAGES:
        if not book.none_of_these.get(language):
            yield _warned(
                "no_refusals",
                source,
                ("none_of_these", language),
                f"none_of_these has no examples in {language!r}.",
                "Add things customers say that are no request: greetings, spelling out, waiting.",
            )


@dataclass(frozen=True)
class _Example:
    intent: int
    language: Language
    number: int
    words: frozenset[str]

    @property
    def place(self) -> tuple[int | str, ...]:
        return ("intents", self.intent, "examples", self.language, self.number)


def _alike(book: Playbook, source: Source) -> Iterator[Warned]:
    for language in LANGUAGES:
        examples = [
            _Example(owner, language, number, words(text))
            for owner, intent in enumerate(book.intents)
            for number, text in enumerate(intent.examples.get(language))
        ]
        yield from _pairs(book.intents, examples, source)


def _pairs(
    intents: tuple[Intent, ...], examples: list[_Example], source: Source
) -> Iterator[Warned]:
    told: set[tuple[int, int]] = set()
    for left, right in near_pairs([each.words for each in examples], NEAR):
        one, two = examples[left], examples[right]
        if one.intent == two.intent or (left, right) in told:
            continue
        told.add((left, right))
        same = one.words == two.words
        other = f"{intents[one.intent].id!r} (line {source.line(one.place)})"
        how = "is also" if same else "is nearly"
        yield _warned(
            "shared_example" if same else "near_examples",
            source,
            two.place,
            f"This example of {intents[two.intent].id!r} {how} one of {other}.",
            "Keep it with the intent that it means; if both mean the same, make them one intent.",
        )


def words(text: str) -> frozenset[str]:
    """Return the words of an utterance without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return frozenset(_WORDS.findall("".join(c for c in plain if not unicodedata.combining(c))))


def near_pairs(sets: Sequence[frozenset[str]], least: float) -> Iterator[tuple[int, int]]:
    """Give the pairs of ``sets`` that share at least ``least`` of their words (Jaccard), in order.

    Two such sets have one of their rarest words in common (Chaudhuri et al., "A primitive operator
    for similarity joins", 2006): only those with such a word in common are held side by side.
    """
    counts = Counter(word for each in sets for word in each)
    places: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(sets):
        rare = sorted(each, key=lambda word: (counts[word], word))
        rare = rare[: len(each) - _ceil(least * len(each)) + 1]
        others = {other for word in rare for other in places[word]}
        for other in sorted(others):
            shared = len(each & sets[other])
            if shared >= least * (len(each) + len(sets[other]) - shared):
                yield other, number
        for word in rare:
            places[word].append(number)


def _ceil(value: float) -> int:
    return -int(-value // 1)


def _names(book: Playbook, source: Source) -> Iterator[Warned]:
    for language in LANGUAGES:
        first: dict[frozenset[str], int] = {}
        for number, intent in enumerate(book.intents):
            named = words(intent.name.get(language))
            if named in first:
                other = book.intents[first[named]].id
                place = ("intents", number, "name", language)
                detail = f"{intent.id!r} and {other!r} have the same name."
                yield _warned(
                    "same_name", source, place, detail, "Advisers could not tell them apart."
                )
            first.setdefault(named, number)


def _without_action(book: Playbook, source: Source) -> Iterator[Warned]:
    used = {name for action in book.actions for name in action.when.intents}
    for number, intent in enumerate(book.intents):
        if intent.id not in used:
            yield _warned(
                "no_action",
                source,
                ("intents", number, "id"),
                f"No action is for {intent.id!r}: it is recognised, and nothing is proposed.",
                "Add an action with it in when.intents.",
            )


def _rules(book: Playbook, source: Source) -> Iterator[Warned]:
    impossible = _impossible(book.actions)
    rules: list[tuple[tuple[int | str, ...], Rule]] = [
        *((("actions", n), action) for n, action in enumerate(book.actions)),
        *((("cues", n), cue) for n, cue in enumerate(book.cues)),
    ]
    for place, rule in rules:
        why = impossible.get(rule.id) or _contradiction(rule.when) or _mute(rule)
        if why:
            detail = f"{rule.id!r} is never shown: {why}."
            fix = "Take one of the conditions out."
            yield _warned("never_holds", source, (*place, "when"), detail, fix)
        if isinstance(rule, Action) and not (rule.said.fr or rule.said.en):
            yield _warned(
                "never_ticked",
                source,
                (*place, "id"),
                f"{rule.id!r} has no `said`: it is done only once the adviser clicks.",
                "Add what an adviser says while doing it.",
            )
        yield from _texts(place, rule, source)


def _texts(place: tuple[int | str, ...], rule: Rule, source: Source) -> Iterator[Warned]:
    fields = {test.field for test in rule.when.context if test.op != "missing"}
    texts = {"title": rule.title, "reason": rule.reason}
    if isinstance(rule, Action) and rule.body:
        texts["body"] = rule.body
    for name, text in texts.items():
        for language in LANGUAGES:
            own = (*place, name, language)
            for unknown in sorted(set(_PLACEHOLDER.findall(text.get(language))) - fields):
                detail = f"{{{unknown}}} is no field of when.context: without it no card is shown."
                fix = f"Add {{field: {unknown}}} to when.context, or write it without."
                yield _warned("unknown_placeholder", source, own, detail, fix)
            if name == "title" and len(text.get(language)) > 60:
                detail = f"The title has {len(text.get(language))} characters."
                yield _warned("long_title", source, own, detail, "Up to 60 are read at a glance.")


def _impossible(actions: Sequence[Action]) -> Mapping[str, str]:
    """Return the actions that wait for themselves, or for one that can never be done."""
    needs = {action.id: set(action.when.done) for action in actions}
    possible: set[str] = set()
    while True:
        more = {name for name, needed in needs.items() if needed <= possible} - possible
        if not more:
            break
        possible |= more
    return {
        name: f"it waits for {', '.join(sorted(needed - possible))}, which waits for it in turn"
        for name, needed in needs.items()
        if name not in possible
    }


def _contradiction(when: Condition) -> str | None:
    both = set(when.done) & set(when.not_done)
    if both:
        return f"{min(both)} would have to be done and not done"
    for left, right in combinations(when.context, 2):
        if left.field == right.field and _exclude(left, right):
            return f"{left.field} cannot be {_said(left)} and {_said(right)}"
    return None


def _said(test: ContextCondition) -> str:
    return test.op if test.value is None else f"{test.op} {test.value}"


def _exclude(left: ContextCondition, right: ContextCondition) -> bool:
    """Say whether two tests of one field can never both be true."""
    if "missing" in {left.op, right.op}:
        return left.op != right.op
    for one, two in ((left, right), (right, left)):
        if one.op == "eq":
            if two.op == "eq" and one.value != two.value:
                return True
            if two.op == "ne" and one.value == two.value:
                return True
            if two.op == "in" and isinstance(two.value, tuple) and one.value not in two.value:
                return True
        low, high = one.value, two.value
        if one.op in {"gt", "gte"} and two.op in {"lt", "lte"}:
            if not isinstance(low, int | float) or not isinstance(high, int | float):
                continue
            if low > high or (low == high and {one.op, two.op} != {"gte", "lte"}):
                return True
    return False


def _mute(rule: Rule) -> str | None:
    """Say why a rule without any condition is never shown: nothing would be its evidence."""
    phrases = rule.phrases if isinstance(rule, Cue) else Examples()
    if phrases.fr or phrases.en:
        return None
    when = rule.when
    shown = [test for test in when.context if test.op != "missing"]
    if when.intents or when.sentiment or when.trend or shown:
        return None
    return "nothing in its conditions could be shown as the reason"
