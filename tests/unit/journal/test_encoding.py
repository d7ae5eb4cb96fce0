"""Events survive the journal unchanged, and the right ones are work."""

from typing import get_args

import pytest

from services.contracts.events import Event
from services.journal import encoding
from services.journal.encoding import FED_TYPES, REMEMBERED, WORK_TYPES, decode, encode
from tests.fakes.journal_events import analysed, quieter, said, saying, started


@pytest.mark.parametrize(
    ("event", "turn", "work"),
    [
        (started("c"), "", "1"),
        (said("c", "t1", "Ça n’a pas marché 🙁 \x00\u2028"), "t1", "1"),
        (saying("c", "t1"), "t1", "0"),
        (analysed("c", "t1"), "", "1"),
        (quieter("c"), "", "1"),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_an_event_comes_back_as_it_was(event: Event, turn: str, work: str) -> None:
    kind, turn_id, is_work, payload = encode(event)

    assert (kind, turn_id, is_work) == (event.type, turn, work)
    remembered = decode("7-3", payload)
    encoding._known.clear()
    read = decode("7-3", payload)
    assert read.id == "7-3"
    assert read.event == event
    assert read == remembered


def test_what_is_remembered_is_bounded() -> None:
    for number in range(REMEMBERED + 5):
        encode(said("c", f"t{number}", "Bonjour"))
    assert len(encoding._known) == REMEMBERED


def test_work_is_a_part_of_the_closed_union() -> None:
    union = get_args(get_args(Event)[0])
    types = {name for model in union for name in get_args(model.model_fields["type"].annotation)}
    assert types > FED_TYPES > WORK_TYPES
    # Results of the handlers: were they work, a worker would feed itself for ever.
    assert not WORK_TYPES & {"turn.analysed", "suggestion.offered", "service.degraded"}
