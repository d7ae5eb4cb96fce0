"""What waits to be written to one panel: bounded, and thinned out for a slow reader."""

import asyncio
from collections import deque
from dataclasses import dataclass

from services.contracts.events import (
    ConversationEvent,
    TurnFinalEvent,
    TurnPartialEvent,
    cursor_of,
)
from services.kit.errors import Unavailable

MAX_OUTBOX = 1 << 20
"""Bytes that may wait for one reader, the snapshot not counted."""

RESYNC_FRAME = '{"type":"resync"}'


@dataclass
class _Waiting:
    frame: str | None
    size: int


class Overflow(Unavailable):
    """The reader is so slow that its outbox is full."""


class Outbox:
    """A queue of frames. A partial turn still waiting is dropped when a newer one comes."""

    def __init__(self, limit: int = MAX_OUTBOX) -> None:
        self.after: tuple[int, int] = (0, 0)
        """Events up to this one have been sent otherwise and are not queued."""
        self._limit = limit
        self._frames: deque[_Waiting] = deque()
        self._partials: dict[str, _Waiting] = {}
        self._size = 0
        self._failure: Unavailable | None = None
        self._service: str | None = None
        self._some = asyncio.Event()
        self.coalesced = 0

    def happened(self, event: ConversationEvent, frame: str) -> None:
        """Queue an event's frame."""
        if cursor_of(event.id) <= self.after:
            return
        turn_id = None
        if isinstance(event.event, TurnPartialEvent | TurnFinalEvent):
            turn_id = event.event.data.id
            stale = self._partials.pop(turn_id, None)
            if stale is not None and stale.frame is not None:
                # Still queued, and this event says all it said. Ids must rise, so it goes last.
                self._size -= stale.size
                stale.frame, stale.size = None, 0
                self.coalesced += 1
        waiting = self.put(frame)
        if turn_id is not None and isinstance(event.event, TurnPartialEvent):
            self._partials[turn_id] = waiting

    def restarted(self, snapshot: str) -> None:
        """Forget what waits and start again from a snapshot."""
        self._frames.clear()
        self._partials.clear()
        self._size = 0
        self.after = (0, 0)
        self.put(RESYNC_FRAME)
        self.put(snapshot)
        if self._service is not None:
            self.put(self._service)  # it may have been among what was forgotten

    def service(self, frame: str) -> None:
        """Queue the frame that says whether a part of the service works."""
        self._service = frame
        self.put(frame)

    def broken(self) -> None:
        """Let the reader's connection end, so that it comes back to a fresh feed."""
        self._fail(Unavailable("The conversation cannot be read just now."))

    def put(self, frame: str) -> _Waiting:
        """Queue a frame. One frame may be larger than the limit, as a snapshot can be."""
        # Characters are counted as they were ASCII: cheap, and near enough for a bound.
        waiting = _Waiting(frame, len(frame))
        if self._frames and self._size + waiting.size > self._limit:
            self._fail(Overflow("The panel reads too slowly; connect again."))
            return waiting
        self._frames.append(waiting)
        self._size += waiting.size
        self._some.set()
        return waiting

    async def take(self) -> str:
        """Return the next frame, waiting for one.

        Raises:
            Unavailable: when the connection must end (too slow, feed broken).
        """
        while True:
            if self._failure is not None:
                raise self._failure
            while self._frames:
                waiting = self._frames.popleft()
                self._size -= waiting.size
                if waiting.frame is not None:
                    frame, waiting.frame = waiting.frame, None
                    return frame
            self._some.clear()
            await self._some.wait()

    def _fail(self, failure: Unavailable) -> None:
        self._failure = failure
        self._frames.clear()
        self._partials.clear()
        self._size = 0
        self._some.set()
