"""How each tenant wants Souffleur: origins, limits, languages, retention, who sees what."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from redis.asyncio import Redis

from services.contracts.base import Contract, Language
from services.records.keys import key

Origin = Annotated[
    str, StringConstraints(pattern=r"^https?://[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?$")
]
"""Scheme, host and port as a browser sends them: lower case, no path, no slash at the end."""


class TenantLimits(Contract):
    """What the tenant may use; an unset limit is the installation's."""

    requests_per_s: Annotated[int, Field(ge=1, le=100_000)] | None = None
    caller_requests_per_s: Annotated[int, Field(ge=1, le=100_000)] | None = None
    ingest_sockets: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    adviser_sockets: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    caller_ingest_sockets: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    caller_adviser_sockets: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    messages_per_s: Annotated[int, Field(ge=1, le=100_000)] | None = None
    message_bytes: Annotated[int, Field(ge=1024, le=65_536)] | None = None


class TenantConfig(Contract):
    """What a tenant's administrator sets; everything unset follows the installation's settings.

    ``allowed_origins`` may open the adviser's socket beside the installation's own.
    ``advisers_see_all`` lets advisers see conversations of their colleagues; unset, they do in
    development and do not in production.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "allowed_origins": ["https://desk.example.com"],
                    "languages": ["fr"],
                    "retention_days": 14,
                    "advisers_see_all": False,
                    "limits": {"ingest_sockets": 400, "requests_per_s": 200},
                }
            ]
        }
    )

    allowed_origins: Annotated[tuple[Origin, ...], Field(max_length=100)] = ()
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=10)] = ("fr", "en")
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    advisers_see_all: bool | None = None
    limits: TenantLimits = TenantLimits()


_DAY_S = 86_400


@dataclass(frozen=True)
class StoredTenant:
    """A configuration and how often it was written; 0 when never."""

    config: TenantConfig
    version: int


_PUT = """
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if ARGV[2] ~= '' and tonumber(ARGV[2]) ~= version then return -1 end
if redis.call('HGET', KEYS[1], 'body') == ARGV[1] then return version end
redis.call('HSET', KEYS[1], 'body', ARGV[1], 'version', version + 1)
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], 'retention_s')
else
  redis.call('HSET', KEYS[1], 'retention_s', ARGV[3])
end
return version + 1
"""


class Tenants:
    """The configurations of every tenant. They are kept until they are replaced."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put = redis.register_script(_PUT)

    async def get(self, tenant: str) -> StoredTenant:
        """Return the tenant's configuration, all defaults when it set none."""
        body, version = await self._redis.hmget(_key(tenant), ["body", "version"])
        if body is None or version is None:
            return StoredTenant(TenantConfig(), 0)
        return StoredTenant(TenantConfig.model_validate_json(body), int(version))

    async def put(
        self, tenant: str, config: TenantConfig, *, expected: int | None = None
    ) -> StoredTenant | None:
        """Replace the whole configuration. The version rises only when something changed.

        ``None`` when ``expected`` is given and is not the present version: nothing is written.
        """
        days = config.retention_days
        version = int(
            await self._put(
                keys=[_key(tenant)],
                args=[
                    config.model_dump_json(),
                    "" if expected is None else expected,
                    # Beside the body, for the scripts of other records, which run in every service.
                    "" if days is None else days * _DAY_S,
                ],
            )
        )
        return None if version < 0 else StoredTenant(config, version)


async def retention_of(redis: Redis, tenant: str, usual: timedelta) -> timedelta:
    """Return how long the tenant's records are kept: its own wish, or what is usual."""
    own = await redis.hget(_key(tenant), "retention_s")
    return usual if own is None else timedelta(seconds=int(own))


def _key(tenant: str) -> str:
    return key(tenant, "config")
