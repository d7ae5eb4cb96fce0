"""What messaging platforms post, on its way into the journal."""

from collections.abc import Iterator, Sequence

from services.contracts.conversation import (
    MAX_TURN_CHARACTERS,
    ConversationEnded,
    ConversationStarted,
    ConversationSummary,
)
from services.gateway.conversations import Conversations, NewTurn
from services.gateway.messaging.platform import Closed, Message
from services.journal.journal import Journal
from services.kit.errors import Conflict, NotFound

MOST_AGAIN = 50
"""How often one thread of a platform may begin anew after it was resolved, within retention."""


class Intake:
    """Writes messages into the conversation of their thread.

    A thread that was resolved and comes to life again is a new conversation of ours: the thread's
    name with a number behind it.
    """

    def __init__(self, conversations: Conversations, journal: Journal) -> None:
        self._conversations = conversations
        self._journal = journal

    async def take(self, tenant: str, events: Sequence[Message | Closed]) -> int:
        """Write what happened and return how many turns there were; again, it changes nothing."""
        turns = 0
        for event in events:
            if isinstance(event, Closed):
                await self._close(tenant, event)
                continue
            summary = await self._conversation(tenant, event)
            if summary is None:
                continue  # a message that came before, of a thread that has ended since
            for number, text in enumerate(_pieces(event.text.strip())):
                name = f"{event.id}.{number + 1}" if number else event.id
                turn = NewTurn(event.role, text, name, None, event.at)
                await self._conversations.add_turn(tenant, summary.id, turn)
                turns += 1
        return turns

    async def _conversation(self, tenant: str, message: Message) -> ConversationSummary | None:
        started = ConversationStarted(
            channel=message.channel,
            customer_id=message.customer_id,
            adviser_id=message.adviser_id,
        )
        for name in _names(message.thread):
            try:
                return await self._conversations.join(tenant, name, started)
            except Conflict:
                if await self._has(tenant, name, message.id):
                    return None
        msg = "This thread was resolved and reopened too often; start another one."
        raise Conflict(msg, field="conversation")

    async def _has(self, tenant: str, name: str, turn_id: str) -> bool:
        events = await self._journal.read(tenant, name)
        turns = (each.event.data for each in events if each.event.type == "turn.final")
        return any(turn.id == turn_id for turn in turns)

    async def _close(self, tenant: str, closed: Closed) -> None:
        for name in _names(closed.thread):
            try:
                summary = await self._conversations.get(tenant, name)
            except NotFound:
                return  # nothing of it is live
            if summary.ended_at is None:
                await self._conversations.end(tenant, name, ConversationEnded())
                return


def _names(thread: str) -> list[str]:
    return [thread, *(f"{thread}+{number}" for number in range(2, MOST_AGAIN))]


def _pieces(text: str) -> Iterator[str]:
    """Give a text in turns: an e-mail that is longer than a turn may be is cut between words."""
    while len(text) > MAX_TURN_CHARACTERS:
        head = text[:MAX_TURN_CHARACTERS]
        at = max(head.rfind("\n"), head.rfind(" ")) + 1 or MAX_TURN_CHARACTERS
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    yield text
