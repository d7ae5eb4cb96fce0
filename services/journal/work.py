"""What consuming is about: the handler, how it is run, and one entry of a shard."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from services.contracts.events import ConversationEvent, Event
from services.journal.shards import Shard

Handler = Callable[[str, ConversationEvent], Awaitable[Sequence[Event]]]
"""(tenant, event) -> events of the same conversation, published in the commit of that event."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a worker consumes.

    Attributes:
        lease_s: a worker not heard of for so long loses its shards.
        concurrency: conversations handled at the same time.
        backlog: entries read and not settled, at most.
        attempts: how often a handler is tried before the event is dead.
        attempt_s: how long one attempt may take.
        retry_pause_s: pause after a first failure; it doubles.
    """

    lease_s: float = 2.0
    concurrency: int = 32
    backlog: int = 512
    attempts: int = 3
    attempt_s: float = 10.0
    retry_pause_s: float = 0.1


@dataclass(frozen=True, slots=True)
class Work:
    """One entry of a shard."""

    shard: Shard
    entry_id: str
    tenant: str
    conversation_id: str
    event_id: str
    payload: str
