"""Walks over all routes of a gateway, as every role and another tenant; says what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.routing import APIWebSocketRoute
from redis.asyncio import Redis
from websockets.exceptions import InvalidStatus

from services.kit.tokens import ROLES, Principal, TokenIssuer, TokenRole
from tests.fakes.gateway_server import SECRET, Running

OWNER, INTRUDER = "owner", "intruder"
CANARY = "canary-7f3a"
"""Stands in every text that the owner writes, and in no id."""

OPEN, SIGNED = "open to everybody", "a signature"

Name = tuple[str, str]
Intrude = Callable[[Running], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """What a route is for.

    Attributes:
        roles: who may come in, besides admin; or ``OPEN`` or ``SIGNED``.
        body: what its owner would send, so that the call gets as far as it can.
        own: whether an id of another tenant is free for one's own use (PUT), instead of 404.
        answers: what a call with that body may be answered.
        headers: what else is sent with it.
        intrude: for a socket or a webhook: tries to reach the owner's things.
    """

    roles: str
    body: Any = None
    own: bool = False
    content_type: str = "application/json"
    answers: frozenset[int] = frozenset({200, 201, 204})
    headers: Mapping[str, str] = field(default_factory=dict)
    intrude: Intrude | None = None

    def may(self, role: str) -> bool:
        return role == "admin" or role in self.roles.split()


@dataclass
class Walk:
    """A gateway, what its routes are for, and the ids of the owner's things by parameter's name."""

    gateway: Running
    table: Mapping[Name, Row]
    ids: Mapping[str, str]
    findings: list[str] = field(default_factory=list)
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(12))

    def routes(self) -> list[Name]:
        return sorted(self._routes(self.gateway.app.router))

    def _routes(self, router: Any) -> Iterator[Name]:
        for route in router.routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                yield from self._routes(inner)
            elif isinstance(route, APIWebSocketRoute):
                yield "WS", route.path
            else:
                yield from ((method, route.path) for method in route.methods - {"HEAD"})

    def note(self, name: Name, what: str) -> None:
        self.findings.append(f"{name[0]} {name[1]}: {what}")

    def declared(self) -> None:
        """Hold the table against the application's own list of routes."""
        for name in sorted(set(self.routes()) - set(self.table)):
            self.note(name, "is not in the table: say who may use it")
        for name in sorted(set(self.table) - set(self.routes())):
            self.note(name, "is in the table and not in the application")

    def path(self, name: Name) -> str:
        path = name[1].replace("{path:path}", "app.js")
        return path.format(**self.ids)

    async def doors(self) -> None:
        """Knock at every route as every role, and with tokens that are none."""
        expired = TokenIssuer(SECRET).issue(
            Principal("acme", "admin", "s1"),
            now=datetime.now(UTC) - timedelta(hours=1),
            lifetime=timedelta(minutes=1),
        )
        foreign = TokenIssuer("f" * 32).issue(
            Principal("acme", "admin", "s1"), now=datetime.now(UTC)
        )
        strangers = {
            "nobody": {"Authorization": ""},
            "nonsense": {"Authorization": "Bearer nonsense"},
            "a password": {"Authorization": "Basic eDp5"},
            "an expired token": {"Authorization": f"Bearer {expired}"},
            "a forged token": {"Authorization": f"Bearer {foreign}"},
        }
        knocks = [
            self._knock(name, row, who, headers)
            for name, row in self.table.items()
            if name in self.routes()
            for who, headers in (
                *((role, self.gateway.auth(role)) for role in ROLES),
                *strangers.items(),
            )
        ]
        await asyncio.gather(*knocks)

    async def _knock(self, name: Name, row: Row, who: str, headers: dict[str, str]) -> None:
        async with self.at_once:
            status = await self.status(name, headers)
        if status >= 500:
            self.note(name, f"{who} breaks it ({status})")
        if row.roles == OPEN:
            wrong = status in {401, 403}
        elif row.roles == SIGNED:
            wrong = status not in {400, 401}
        elif who not in ROLES:
            wrong = status != 401
        else:
            wrong = status == 401 or (status == 403) == row.may(who)
        if wrong:
            self.note(name, f"{who} gets {status}")

    async def status(self, name: Name, headers: dict[str, str]) -> int:
        """Return the status of a call without a body, which nobody gets past."""
        path = self.path(name)
        if name[0] != "WS":
            return (await self.gateway.http.request(name[0], path, headers=headers)).status_code
        try:
            async with self.gateway.socket(path, "ops", headers=headers):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    async def tenants(self, redis: Redis) -> None:
        """Try everything with another tenant's tokens: what exists is as if it did not."""
        before = await settled(redis)
        rows = [(name, self.table[name]) for name in self.routes() if name in self.table]
        # What makes the intruder things with the owner's names comes last.
        for name, row in sorted(rows, key=lambda each: (each[1].own, "{" not in each[0][1])):
            if name[0] == "WS" or row.roles in (OPEN, SIGNED):
                continue
            may = [role for role in ROLES if row.may(role)]
            await asyncio.gather(*(self._trespass(name, row, role) for role in may))
            before = await self._unchanged(name, redis, before)
        for name, row in rows:
            if row.intrude is not None:
                try:
                    await row.intrude(self.gateway)
                except AssertionError as error:
                    self.note(name, f"another tenant {error}")
                before = await self._unchanged(name, redis, before)
            elif name[0] == "WS" or row.roles == SIGNED:
                self.note(name, "nothing in the table tries to reach another tenant by it")

    async def _trespass(self, name: Name, row: Row, role: TokenRole) -> None:
        body = {"content": row.body} if isinstance(row.body, str) else {"json": row.body}
        answer = await self.gateway.http.request(
            name[0],
            self.path(name),
            headers=self.gateway.auth(role, INTRUDER)
            | {"Content-Type": row.content_type}
            | dict(row.headers),
            **(body if row.body is not None else {}),
        )
        if CANARY in answer.text:
            self.note(name, f"{role} of another tenant is shown what is not theirs")
        private = any(part in name[1] for part in ("{c", "_id}")) and not row.own
        if private and answer.status_code != 404:
            self.note(name, f"{role} of another tenant gets {answer.status_code}, not 404")
        if not private and answer.status_code not in row.answers:
            self.note(name, f"the row's body is not taken ({answer.status_code} {answer.text})")

    async def _unchanged(
        self, name: Name, redis: Redis, before: Mapping[str, object]
    ) -> Mapping[str, object]:
        after = await belongings(redis)
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key), after.get(key)
            if isinstance(old, frozenset) or isinstance(new, frozenset):
                # What lies in a queue is taken from it in time; only what is put there counts.
                changed = bool((new or frozenset()) - (old or frozenset()))  # type: ignore[operator]
            else:
                changed = old != new
            if changed:
                self.note(name, f"another tenant changes {key}")
        return after


async def belongings(redis: Redis) -> dict[str, object]:
    """Return everything in Redis that is the owner's: own keys, and entries of shared ones."""
    found: dict[str, object] = {}
    for key in await redis.keys():
        if key.startswith(f"{OWNER}/".encode()):
            found[key.decode()] = await redis.dump(key)
            continue
        match await redis.type(key):
            case b"stream":
                found[key.decode()] = frozenset(
                    id_ for id_, e in await redis.xrange(key) if e.get(b"t") == OWNER.encode()
                )
                continue
            case b"hash":
                entries = [e for e in (await redis.hgetall(key)).items() if _owners(e)]
            case b"zset":
                entries = [
                    (m, s)
                    for m, s in await redis.zrange(key, 0, -1, withscores=True)
                    if _owners((m,))
                ]
            case b"set":
                entries = sorted(m for m in await redis.smembers(key) if _owners((m,)))
            case _:
                entries = []
        if entries:
            found[key.decode()] = entries
    return found


def _owners(parts: tuple[bytes, ...]) -> bool:
    return any(part.startswith(f"{OWNER}/".encode()) for part in parts)


async def settled(redis: Redis) -> dict[str, object]:
    """Return the owner's belongings once nothing works on them any more."""
    before: dict[str, object] = {}
    async with asyncio.timeout(10):
        while True:
            after = await belongings(redis)
            if after == before:
                return after
            before = after
            await asyncio.sleep(0.3)  # longer than what runs behind takes to look again
