"""Following the adviser's socket: every event once, in order, across reconnections."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed

from services.contracts.events import cursor_of
from services.demo.client import GatewayClient, closed, frame_of, refusal
from services.demo.retrying import Patience
from services.kit.clock import Clock
from services.kit.errors import Unavailable

NORMAL = 1000

FOR_GOOD = frozenset({1008, 4401, 4403, 4404, 4409})
"""Close codes after which coming back would only be refused again."""


@dataclass
class Follower:
    """Follows one conversation as its adviser's panel does.

    Args:
        receive: called with each event envelope and the monotonic second at which it came.
    """

    client: GatewayClient
    conversation_id: str
    receive: Callable[[dict[str, Any], float], None]
    clock: Clock
    cursor: str | None = None
    latest_at: float = field(default=0.0)
    """When something last came."""

    async def run(self, following: Callable[[], None]) -> None:
        """Follow until cancelled or told that it is over; ``following`` is called at each snapshot.

        Raises:
            SouffleurError: when the gateway refuses us, or stays away for longer than our patience.
        """
        patience = Patience(self.clock)
        while True:
            try:
                async with self.client.adviser(self.conversation_id) as socket:
                    if self.cursor is not None:
                        await socket.send(_resume(self.cursor))
                    while True:
                        self._take(frame_of(await socket.recv()), following)
                        patience.reset()
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.code == NORMAL:
                    return
                if error.rcvd is not None and error.rcvd.code in FOR_GOOD:
                    raise closed(error) from None
                await patience.wait(closed(error))
            except Unavailable as error:
                await patience.wait(error)

    def _take(self, frame: dict[str, Any], following: Callable[[], None]) -> None:
        self.latest_at = self.clock.monotonic()
        match frame["type"]:
            case "snapshot":
                self.cursor = frame["cursor"]
                following()
            case "event":
                self._event(frame["event"])
            case "error":
                raise refusal(frame)

    def _event(self, event: dict[str, Any]) -> None:
        # A replay may overlap what came before the cut.
        if self.cursor is not None and cursor_of(event["id"]) <= cursor_of(self.cursor):
            return
        self.cursor = event["id"]
        self.receive(event, self.latest_at)


def _resume(cursor: str) -> str:
    return f'{{"type":"resume","last_event_id":"{cursor}"}}'
