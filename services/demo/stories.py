"""The sample conversations: a French call, an English call, a French chat, and their records."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from services.contracts.base import Contract, Identifier, Language, LocalisedText, Role
from services.contracts.customer import CustomerUpsert
from services.kit.errors import InvalidInput

DATA = Path(__file__).parent / "data"

STORY_IDS = ("colis-non-recu", "bill-and-slow-line", "resilie-mais-preleve")
"""The stories in the order in which they are played."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: TypeAdapter[datetime] = TypeAdapter(datetime)


class ScriptTurn(Contract):
    """What one participant says, and when (milliseconds from the start of the conversation).

    ``gap_ms`` (silence since the turn before; negative: talks over it), ``spoken`` (what the voice
    reads) and ``speed`` are for the command that makes the audio.
    """

    role: Role
    text: Annotated[str, Field(min_length=1)]
    gap_ms: int = 0
    spoken: str | None = None
    speed: float | None = None
    start_ms: Annotated[int, Field(ge=0)]
    end_ms: Annotated[int, Field(ge=0)]


class StoryVoice(Contract):
    """Who speaks a role: a blend of Kokoro's speakers (shares add up to 1), pitch, pace, level."""

    speakers: dict[str, float]
    pitch: float
    speed: float
    gain_db: float


class Script(Contract):
    """The reference text of a sample conversation. Its dates are those of ``recorded_on``."""

    id: Identifier
    channel: Literal["voice", "chat"]
    language: Language
    recorded_on: date
    title: LocalisedText
    customer_id: Identifier
    adviser_id: Identifier
    voices: dict[Literal["customer", "adviser"], StoryVoice] = {}
    turns: Annotated[tuple[ScriptTurn, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Story:
    """One sample conversation: what is said, the customer's record, and the file to replay."""

    script: Script
    customer: CustomerUpsert
    path: Path


def load_story(story_id: str, today: date) -> Story:
    """Return a story whose record is moved to ``today``: "three days ago" stays true.

    Raises:
        InvalidInput: when there is no such story, or when one of its files does not fit.
    """
    if story_id not in STORY_IDS:
        msg = f"There is no such story; take one of {', '.join(STORY_IDS)}."
        raise InvalidInput(msg, field="story")
    folder = DATA / story_id
    try:
        script = Script.model_validate_json((folder / "script.json").read_bytes())
        record = json.loads((folder / "customer.json").read_bytes())
        customer = CustomerUpsert.model_validate_json(
            json.dumps(shift_dates(record, today - script.recorded_on))
        )
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"story {story_id}: {first['msg']}", field=field) from None
    name = "conversation.flac" if script.channel == "voice" else "conversation.jsonl"
    return Story(script=script, customer=customer, path=folder / name)


def load_stories(today: date) -> tuple[Story, ...]:
    """Return every story, in playing order."""
    return tuple(load_story(story_id, today) for story_id in STORY_IDS)


def shift_dates(value: Any, by: timedelta) -> Any:
    """Return JSON ``value`` with every date and instant in it moved by whole days."""
    if isinstance(value, dict):
        return {key: shift_dates(item, by) for key, item in value.items()}
    if isinstance(value, list):
        return [shift_dates(item, by) for item in value]
    if not isinstance(value, str) or not _DAY.match(value):
        return value
    if _DAY.fullmatch(value):
        return (date.fromisoformat(value) + by).isoformat()
    try:
        return (_INSTANT.validate_python(value) + by).isoformat()
    except ValidationError:
        return value  # a text that happens to begin with a date
