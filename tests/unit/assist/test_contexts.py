"""A context is folded from the journal, and what this worker folded ahead is not folded again."""

from collections.abc import Sequence

import pytest

from services.assist import contexts as module
from services.assist.context import Context
from services.assist.contexts import Contexts
from services.assist.folding import apply
from services.contracts.events import ConversationEvent, Event
from tests.fakes.scenes import read, said

TURNS = [said(f"t{number}", "customer", "Mon colis est en retard") for number in (1, 2)]
READINGS = [read(f"t{number}", intent=("late", 0.9)) for number in (1, 2)]


class Log:
    """A conversation's events in memory."""

    def __init__(self) -> None:
        self.events: list[ConversationEvent] = []

    def add(self, *events: Event) -> ConversationEvent:
        for event in events:
            item = ConversationEvent(id=f"1-{len(self.events) + 1}", event=event)
            self.events.append(item)
        return self.events[-1]

    async def read(
        self, tenant: str, conversation_id: str, *, after: str | None = None
    ) -> Sequence[ConversationEvent]:
        return self.events[int(after.partition("-")[2]) if after else 0 :]


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Every event that is folded, as often as it is."""
    seen: list[Event] = []

    def counted(context: Context, event: Event) -> Context:
        seen.append(event)
        return apply(context, event)

    monkeypatch.setattr(module, "apply", counted)
    return seen


async def ahead(log: Log) -> tuple[Contexts, Context]:
    """Return contexts that have folded the first turn, and ahead of the journal its reading."""
    contexts = Contexts(log)
    turn = log.add(TURNS[0])
    known = await contexts.as_of("t", turn)
    return contexts, contexts.after("t", turn.event.conversation_id, known, READINGS[:1])


async def test_what_was_folded_ahead_is_not_folded_again(folded: list[Event]) -> None:
    log = Log()
    contexts, after = await ahead(log)
    log.add(READINGS[0])
    latest = log.add(TURNS[1])
    context = await contexts.as_of("t", latest)
    assert folded == [TURNS[0], READINGS[0], TURNS[1]]
    assert context == apply(after, TURNS[1])


@pytest.mark.parametrize(
    "held",
    [(), (READINGS[0].model_copy(),), (TURNS[1], READINGS[0]), (READINGS[1],)],
    ids=["never published", "by another worker", "after another event", "another reading"],
)
async def test_only_what_the_journal_holds_counts(held: tuple[Event, ...]) -> None:
    log = Log()
    contexts, _ = await ahead(log)
    latest = log.add(*held, TURNS[1])
    assert await contexts.as_of("t", latest) == await Contexts(log).as_of("t", latest)
    assert await contexts.as_of("t", latest) == await Contexts(log).as_of("t", latest)
