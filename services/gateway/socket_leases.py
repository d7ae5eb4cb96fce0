"""Lets a socket in when there is room for it, and closes it when its token ends."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, Self

from redis.exceptions import RedisError
from starlette.websockets import WebSocket

from services.gateway.measures import GatewayMeasures
from services.gateway.sockets import drop
from services.gateway.tenancy import Tenancy
from services.kit.clock import Clock
from services.kit.errors import Flooding, Unauthenticated
from services.kit.tasks import going_on
from services.kit.tokens import Principal
from services.records.connections import Connections, Lease, SocketKind

RENEW_S = 5.0
RETRY_AFTER_S = 10.0

_LONGEST_SLEEP_S = 60.0
"""The wall clock may be set; so it is looked at now and then."""

_log = logging.getLogger(__name__)


class SocketLeases:
    """The sockets of this gateway. Use as a context manager: it owns the task that renews them."""

    def __init__(
        self, connections: Connections, tenancy: Tenancy, clock: Clock, measures: GatewayMeasures
    ) -> None:
        self._connections = connections
        self._tenancy = tenancy
        self._clock = clock
        self._measures = measures
        self._held: set[Lease] = set()
        self._tasks = asyncio.TaskGroup()
        self._renewing: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._renewing = self._tasks.create_task(self._renew())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._renewing, *self._endings):
            if task is not None:
                task.cancel()
        await self._tasks.__aexit__(None, None, None)

    @asynccontextmanager
    async def hold(
        self, socket: WebSocket, principal: Principal, kind: SocketKind
    ) -> AsyncIterator[None]:
        """Count a socket for as long as the block lasts and close it with 4401 when it must end.

        Raises:
            Flooding: before the upgrade, when the tenant or the caller has too many open.
        """
        async with self.counted(principal, kind):
            # Not a group of its own: what the block raises must come out as it is.
            ending = self._tasks.create_task(self._close_at_expiry(socket, principal))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            try:
                yield
            finally:
                ending.cancel()

    @asynccontextmanager
    async def counted(self, principal: Principal, kind: SocketKind) -> AsyncIterator[None]:
        """Count a connection for as long as the block lasts.

        Raises:
            Flooding: when the tenant or the caller has too many open.
        """
        limits = (await self._tenancy.rules(principal.tenant)).limits
        of_tenant, of_caller = (
            (limits.ingest_sockets, limits.caller_ingest_sockets)
            if kind == "ingest"
            else (limits.adviser_sockets, limits.caller_adviser_sockets)
        )
        lease = Lease(uuid.uuid4().hex, principal.tenant, principal.subject, kind)
        full = await self._take(lease, of_tenant, of_caller)
        if full is not None:
            most = of_tenant if full == "tenant" else of_caller
            msg = f"This {full} may hold {most} {kind} sockets open; close some."
            raise Flooding(msg, retry_after_s=RETRY_AFTER_S)
        self._held.add(lease)
        try:
            yield
        finally:
            self._held.discard(lease)
            # When Redis is away the lease ends by itself.
            with suppress(RedisError, OSError):
                await self._connections.release(lease)

    async def _take(
        self, lease: Lease, per_tenant: int, per_caller: int
    ) -> Literal["tenant", "caller"] | None:
        """Take a lease. Who comes while Redis is away is let in, and counted when it is back."""
        try:
            return await self._connections.take(lease, per_tenant=per_tenant, per_caller=per_caller)
        except (RedisError, OSError):
            return None

    async def _close_at_expiry(self, socket: WebSocket, principal: Principal) -> None:
        if principal.expires is None:
            return
        while (left := (principal.expires - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, _LONGEST_SLEEP_S))
        # The connection is cut, not the task behind it: that one leaves as for any lost peer.
        self._measures.sockets_dropped.labels(reason="expired").inc()
        await drop(socket, Unauthenticated.close_code, "expired")

    async def _renew(self) -> None:
        while going_on():
            await self._clock.sleep(RENEW_S)
            try:
                await self._connections.renew(tuple(self._held))
            except (RedisError, OSError) as error:
                _log.warning("leases not renewed", extra={"error_code": type(error).__name__})
