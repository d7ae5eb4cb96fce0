"""Evaluates a playbook's conditions, and says which facts held: they become the card's evidence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.assist.context import INTENT_TURNS, Context, IntentSeen
from services.assist.customer.history import Fact, Value
from services.assist.wording import written
from services.contracts.playbook import Condition, ContextCondition
from services.contracts.suggestions import ContextEvidence, Evidence, TurnEvidence

FADING = 0.85
"""What is left, per customer turn, of an intent that another one has followed."""

TREND_PROBABILITY = 0.8
"""A trend rests on three or more readings, each a little unsure."""

_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)€?")
_TRUE = frozenset({"true", "yes", "oui", "vrai", "1"})
_FALSE = frozenset({"false", "no", "non", "faux", "0", ""})


@dataclass(frozen=True, slots=True)
class Held:
    """A condition that holds.

    ``probability`` is that of the models' readings it rests on (facts of the record are certain);
    ``specifics`` counts what held beyond the intent.
    """

    probability: float = 1.0
    specifics: int = 0
    evidence: tuple[Evidence, ...] = ()

    def __and__(self, other: "Held") -> "Held":
        return Held(
            self.probability * other.probability,
            self.specifics + other.specifics,
            (*self.evidence, *(item for item in other.evidence if item not in self.evidence)),
        )


def evaluate(condition: Condition, context: Context, today: date) -> Held | None:
    """Return what held when the whole ``condition`` holds in ``context``, else ``None``."""
    if condition.not_done and not context.done.isdisjoint(condition.not_done):
        return None
    if condition.done and not context.done.issuperset(condition.done):
        return None
    if not _mood_fits(condition, context):
        return None
    if not all(holds(test, context.facts.get(test.field)) for test in condition.context):
        return None
    # All that refuses came first: most conditions do not hold, and a playbook has a hundred.
    held = Held(specifics=len(condition.done))
    if condition.intents:
        asked = _intent(condition, context)
        if asked is None:
            return None
        held = asked & held
    for part in _details(condition, context, today):
        held &= part
    return held


def _mood_fits(condition: Condition, context: Context) -> bool:
    if condition.sentiment:
        mood = context.mood
        if mood is None or mood.label not in condition.sentiment:
            return False
    return condition.trend is None or context.trend == condition.trend


def _details(condition: Condition, context: Context, today: date) -> Iterator[Held]:
    """Give what held beyond the intent; the condition is known to hold."""
    if condition.sentiment and context.mood is not None:
        yield Held(context.mood.confidence, 1, (context.mood.evidence,))
    if condition.trend:
        quotes: tuple[TurnEvidence, ...] = tuple(mood.evidence for mood in context.moods[-2:])
        yield Held(TREND_PROBABILITY, 1, quotes)
    for test in condition.context:
        yield _field(test, context, today)


def holds(test: ContextCondition, fact: Fact | None) -> bool:
    """Whether ``test`` is true of ``fact``; a fact that is not there is only ever ``missing``."""
    present = fact is not None and bool(_plain(fact.value))
    if fact is None or test.op in {"exists", "missing"}:
        return present if test.op == "exists" else test.op == "missing" and not present
    if test.op == "in":
        wanted = test.value if isinstance(test.value, tuple) else ()
        return any(_equal(fact.value, value) for value in wanted)
    if test.value is None or isinstance(test.value, tuple):
        return False
    if test.op in {"eq", "ne"}:
        return _equal(fact.value, test.value) == (test.op == "eq")
    return _ordered(test.op, fact.value, test.value)


def _intent(condition: Condition, context: Context) -> Held | None:
    alive = [
        (_still_sure(intent, context), intent)
        for intent in context.intents
        if intent.label in condition.intents and _is_alive(intent, context)
    ]
    if not alive:
        return None
    probability, best = max(alive, key=lambda pair: pair[0])
    return Held(probability, 0, (best.evidence,))


def _is_alive(intent: IntentSeen, context: Context) -> bool:
    age = context.customer_turns - intent.turn_number
    return intent is context.intents[-1] or age < INTENT_TURNS


def _still_sure(intent: IntentSeen, context: Context) -> float:
    """The current intent holds until another comes; an earlier one fades with each turn."""
    if intent is context.intents[-1]:
        return intent.confidence
    return intent.confidence * FADING ** (context.customer_turns - intent.turn_number)


def _field(test: ContextCondition, context: Context, today: date) -> Held:
    fact = context.facts.get(test.field)
    if fact is None or test.op == "missing":
        return Held(specifics=1)
    value = written(test.field, fact, context.language, today)
    if not value:
        return Held(specifics=1)
    evidence = ContextEvidence(field=test.field, value=value, origin=fact.origin, date=fact.date)
    return Held(specifics=1, evidence=(evidence,))


def _plain(value: Value) -> Value:
    """Read numbers and truth values that a CRM sent as text."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.casefold() in _FALSE:
        return False
    match = _NUMBER.fullmatch(_BLANKS.sub("", text))
    return float(match[1].replace(",", ".")) if match else text


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth(left) is not None and _truth(left) == _truth(right)
    if isinstance(left, str) and isinstance(right, str):
        return left.strip().casefold() == right.strip().casefold()
    return _plain(left) == _plain(right)


def _truth(value: Value) -> bool | None:
    text = str(value).strip().casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def _ordered(op: str, left: Value, right: Value) -> bool:
    a, b = _plain(left), _plain(right)
    if isinstance(a, str) != isinstance(b, str):
        return False  # a number and a text have no order
    # Two texts compare as such: right for ISO dates.
    below, same = (a < b, a == b)  # type: ignore[operator]
    return {
        "lt": below,
        "lte": below or same,
        "gt": not below and not same,
        "gte": not below,
    }[op]
