"""Names of the journal's Redis keys, and the stable hash that spreads conversations over shards."""

import zlib
from dataclasses import dataclass

from services.kit.errors import NotFound

SHARDS = 64
"""Fixed for the life of the data: changing it would send a conversation to another shard."""

EPOCH = "/journal/epoch"
RUN = "/journal/run"
GROUPS = "/journal/groups"


@dataclass(frozen=True, slots=True)
class ConversationKeys:
    """The keys of one conversation."""

    stream: str
    state: str
    shard: str


def conversation_keys(tenant: str, conversation_id: str) -> ConversationKeys:
    """Return the keys of a conversation.

    Raises:
        NotFound: when an id holds ``/``, which no identifier may and which separates the parts.
    """
    if not tenant or not conversation_id or "/" in tenant or "/" in conversation_id:
        raise NotFound("There is no such conversation.", field="conversation_id")
    stream = f"{tenant}/conversation/{conversation_id}"
    return ConversationKeys(stream, f"{stream}/state", shard_key(shard_of(tenant, conversation_id)))


def shard_of(tenant: str, conversation_id: str) -> int:
    """Return the shard of a conversation, the same in every process and release."""
    return zlib.crc32(f"{tenant}/{conversation_id}".encode()) % SHARDS


def shard_key(shard: int) -> str:
    """Return the stream that carries a shard's work."""
    return f"/journal/shard/{shard}"


def workers_key(group: str) -> str:
    """Return the sorted set of a group's live workers, scored by when their lease ends (ms)."""
    return f"/journal/{group}/workers"


def holders_key(group: str) -> str:
    """Return the hash of who holds which shard, and each one's last token (``t<shard>``)."""
    return f"/journal/{group}/holders"


def positions_key(group: str) -> str:
    """Return the hash shard -> stream id up to which the group has settled everything."""
    return f"/journal/{group}/positions"


def dead_key(group: str) -> str:
    """Return the stream of events that a group's handler could not take."""
    return f"dead:{group}"
