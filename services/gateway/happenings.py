"""The events of one conversation, on their way from its feed to the codec of an ingest socket."""

import asyncio

from services.contracts.events import ConversationEvent, cursor_of
from services.gateway.replies import later
from services.kit.errors import Unavailable


class Happenings:
    """The conversation's events, on their way to the codec."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[ConversationEvent | None] = asyncio.Queue()
        self._passed = (0, 0)
        self._progress = asyncio.Condition()
        self._known: str | None = None

    def happened(self, event: ConversationEvent, frame: str) -> None:
        """Keep an event."""
        del frame
        if later(event.id, self._known):
            self._events.put_nowait(event)

    def begin(self, missed: list[ConversationEvent], known: str | None) -> None:
        """Put what was missed in front of what has happened since; ``known`` is its last event."""
        since = [self._events.get_nowait() for _ in range(self._events.qsize())]
        for event in (*missed, *since):
            if event is None or event in missed or later(event.id, known):
                self._events.put_nowait(event)
        self._known = known

    def restarted(self, snapshot: str) -> None:
        """Go on: an event is passed on when it happens or not at all."""

    def broken(self) -> None:
        """Let the connection end, so that the other side comes back."""
        self._events.put_nowait(None)

    async def next(self) -> ConversationEvent:
        """Return the next event, waiting for one.

        Raises:
            Unavailable: when no more will come.
        """
        event = await self._events.get()
        if event is None:
            raise Unavailable("The conversation cannot be followed just now; connect again.")
        return event

    async def passed(self, event: ConversationEvent) -> None:
        """Note that the codec has seen an event."""
        async with self._progress:
            self._passed = cursor_of(event.id)
            self._progress.notify_all()

    async def until(self, event_id: str) -> None:
        """Wait until the codec has seen an event."""
        async with self._progress:
            await self._progress.wait_for(lambda: self._passed >= cursor_of(event_id))
