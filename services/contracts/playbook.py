"""The playbook: a tenant's intents, next best actions and cues, in French and English."""

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from services.contracts.base import Contract, Language, LocalisedText

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,63}$")]

Example = Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)]


class Examples(Contract):
    """Example utterances in each language."""

    fr: tuple[Example, ...] = ()
    en: tuple[Example, ...] = ()

    def get(self, language: Language) -> tuple[str, ...]:
        """Return the examples in ``language``."""
        return self.en if language == "en" else self.fr


class Topic(Contract):
    """A family of intents."""

    id: Slug
    name: LocalisedText


class Intent(Contract):
    """Something customers want, shown to the model by examples (spoken and written style)."""

    id: Slug
    topic: Slug
    name: LocalisedText
    examples: Examples


class ContextCondition(Contract):
    """A test on one field of the customer's context.

    Fields are those the CRM pushes, and these, which are derived from the contact history:
    ``history.contacts_30d`` (count), ``history.unsolved_contacts`` (count of unsolved or abandoned
    contacts), ``history.open_promise`` (the text of the latest promise of which no later contact
    says ``solved``), ``history.failed_self_service`` (summary of the latest unsolved chatbot or
    self-service contact). ``exists`` asks only that the field is there and not empty, 0 or false.
    """

    field: Annotated[str, StringConstraints(pattern=r"^(history\.)?[a-z][a-z0-9_]{0,63}$")]
    op: Literal["exists", "missing", "eq", "ne", "gt", "gte", "lt", "lte", "in"] = "exists"
    value: str | int | float | bool | tuple[str | int | float, ...] | None = None

    @model_validator(mode="after")
    def _operator_has_its_operand(self) -> "ContextCondition":
        unary = self.op in {"exists", "missing"}
        if unary and self.value is not None:
            msg = f"op {self.op} takes no value"
            raise ValueError(msg)
        if not unary and self.value is None:
            msg = f"op {self.op} needs a value"
            raise ValueError(msg)
        if (self.op == "in") != isinstance(self.value, tuple):
            msg = "a list of values goes with op 'in', and only with it"
            raise ValueError(msg)
        return self


class Condition(Contract):
    """When an action or a cue applies; every part that is given must hold.

    ``intents``: the intent of the current turn, or the latest known one, is in the list.
    ``sentiment``: the customer's latest sentiment is in the list.
    ``trend``: how the customer's mood moved over the last turns.
    ``context``: every condition holds. ``done`` / ``not_done``: all / none of these actions were
    already done (accepted by the adviser, or heard in their words).
    """

    intents: tuple[Slug, ...] = ()
    sentiment: tuple[Literal["negative", "neutral", "positive"], ...] = ()
    trend: Literal["falling", "rising"] | None = None
    context: tuple[ContextCondition, ...] = ()
    done: tuple[Slug, ...] = ()
    not_done: tuple[Slug, ...] = ()


class Action(Contract):
    """A next best action: what to do, never a script to recite (P4).

    ``title`` is an instruction of at most ~60 characters that starts with a verb. ``body`` says how
    in one or two sentences. ``reason`` says why it is proposed now. Texts may use ``{field}``
    placeholders of context fields named in ``when.context``. ``said`` holds things an adviser says
    while doing it, so that Souffleur notices that it is done. ``priority`` breaks ties (higher
    first). An action that is done is not offered again.
    """

    id: Slug
    title: LocalisedText
    body: LocalisedText | None = None
    reason: LocalisedText
    when: Condition
    said: Examples = Examples()
    priority: Annotated[int, Field(ge=0, le=100)] = 50


class Cue(Contract):
    """A signal to notice: what it is (``title``) and why it is shown (``reason``); no lines (P4).

    ``phrases`` are things a customer says that give the signal away, when sentiment alone does
    not ("this is the third time I call").
    """

    id: Slug
    title: LocalisedText
    reason: LocalisedText
    when: Condition = Condition()
    phrases: Examples = Examples()
    priority: Annotated[int, Field(ge=0, le=100)] = 50


class Playbook(Contract):
    """A whole playbook; it is refused when an id is doubled or refers to nothing."""

    id: Slug
    version: Annotated[int, Field(ge=1)]
    name: LocalisedText
    topics: tuple[Topic, ...]
    intents: Annotated[tuple[Intent, ...], Field(min_length=2)]
    actions: tuple[Action, ...] = ()
    cues: tuple[Cue, ...] = ()
    none_of_these: Examples = Examples()
    """Utterances that are no intent (greetings, thanks, holding), to calibrate the refusal."""

    @model_validator(mode="after")
    def _ids_are_unique_and_known(self) -> "Playbook":
        rules: tuple[Action | Cue, ...] = (*self.actions, *self.cues)
        for name, ids in (
            ("topics", [topic.id for topic in self.topics]),
            ("intents", [intent.id for intent in self.intents]),
            ("actions and cues", [rule.id for rule in rules]),
        ):
            doubled = [i for i, n in Counter(ids).items() if n > 1]
            if doubled:
                msg = f"{name}: doubled id {doubled[0]!r}"
                raise ValueError(msg)
        topics = {topic.id for topic in self.topics}
        intents = {intent.id for intent in self.intents}
        actions = {action.id for action in self.actions}
        for intent in self.intents:
            _require(f"intents.{intent.id}.topic", (intent.topic,), topics)
        for rule in rules:
            _require(f"{rule.id}.when.intents", rule.when.intents, intents)
            _require(f"{rule.id}.when.done", rule.when.done, actions)
            _require(f"{rule.id}.when.not_done", rule.when.not_done, actions)
        return self


def _require(where: str, used: tuple[str, ...], known: set[str]) -> None:
    unknown = sorted(set(used) - known)
    if unknown:
        msg = f"{where}: unknown id {unknown[0]!r}"
        raise ValueError(msg)
