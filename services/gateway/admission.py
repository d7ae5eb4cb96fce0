"""How the other side of an ingest socket proves who it is, before the upgrade."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.gateway.auth import Requires
from services.kit.tokens import Principal


@dataclass(frozen=True)
class Admission:
    """Who may open a socket, and what their tenant set for its integration."""

    principal: Principal
    config: Mapping[str, str | bool | int] = field(default_factory=dict)


Admit = Callable[..., Awaitable[Admission]]
"""A dependency that returns an admission or raises ``Unauthenticated`` or ``Forbidden``."""

_ingest = Requires("ingest")


async def bearer_token(
    connection: HTTPConnection, principal: Annotated[Principal, Depends(_ingest)]
) -> Admission:
    """Admit a bearer token whose role is ``ingest``."""
    del connection
    return Admission(principal)
