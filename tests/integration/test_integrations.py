"""A tenant's integrations in a real Redis: secrets sealed, public keys of one owner only."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from services.kit.errors import Conflict, InvalidInput, Unavailable
from services.kit.sealing import Sealer, sealer
from services.kit.settings import Settings
from services.records.integrations import Integration, Integrations
from tests.fakes.redis_server import redis_server

SECRET = "c2VjcmV0LW9mLXRoZS1wYng"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(url, decode_responses=True) as client:
        await client.flushall()
        yield client


def _hook(tenant: str = "acme", id_: str = "pbx", key: str = "api-key-1") -> Integration:
    return Integration(tenant=tenant, id=id_, kind="audiohook", key=key, secrets={"secret": SECRET})


async def test_what_was_put_is_found_by_its_public_key_and_sealed_at_rest(redis: Redis) -> None:
    records = Integrations(redis, Sealer(Fernet.generate_key().decode()))
    await records.put(_hook())
    assert await records.find("audiohook", "api-key-1") == _hook()
    assert await records.find("twilio", "api-key-1") is None
    assert await records.list("acme") == [_hook()]
    for name in await redis.keys("*"):
        assert SECRET not in str(await redis.hgetall(name))


async def test_a_public_key_has_one_owner(redis: Redis) -> None:
    records = Integrations(redis, Sealer(Fernet.generate_key().decode()))
    await records.put(_hook())
    with pytest.raises(Conflict):
        await records.put(_hook(tenant="other"))
    with pytest.raises(Conflict):
        await records.put(_hook(id_="second"))
    assert await records.list("other") == []


async def test_a_changed_key_frees_the_old_one_and_deletion_frees_it_too(redis: Redis) -> None:
    records = Integrations(redis, Sealer(Fernet.generate_key().decode()))
    await records.put(_hook())
    await records.put(_hook(key="api-key-2"))
    assert await records.find("audiohook", "api-key-1") is None
    assert await records.delete("acme", "pbx")
    assert not await records.delete("acme", "pbx")
    assert await records.find("audiohook", "api-key-2") is None
    await records.put(_hook(tenant="other", key="api-key-2"))


async def test_keys_rotate_and_a_lost_key_is_said(redis: Redis) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    await Integrations(redis, Sealer(old)).put(_hook())
    rotated = Integrations(redis, Sealer(f"{new},{old}"))
    await rotated.put((await rotated.list("acme"))[0])
    assert await Integrations(redis, Sealer(new)).list("acme") == [_hook()]
    with pytest.raises(Unavailable, match="SOUFFLEUR_SECRETS_KEY"):
        await Integrations(redis, Sealer(old)).list("acme")


def test_development_keeps_one_key_and_production_makes_none(tmp_path: Path) -> None:
    development = Settings(data_dir=tmp_path)
    assert sealer(development).open(sealer(development).seal("x")) == "x"
    assert (tmp_path / "secrets-key").stat().st_mode & 0o077 == 0
    with pytest.raises(InvalidInput, match="SOUFFLEUR_SECRETS_KEY"):
        sealer(Settings(data_dir=tmp_path, env="production"))
    with pytest.raises(InvalidInput, match="32 random bytes"):
        Sealer("short")
