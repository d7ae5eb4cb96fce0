"""Where a conversation lies must never change, and no id may reach another's keys."""

from collections import Counter

import pytest

from services.journal.keys import SHARDS, conversation_keys, shard_of
from services.kit.errors import NotFound


def test_shards_are_the_same_for_ever() -> None:
    assert SHARDS == 64
    placed = [shard_of("acme", name) for name in ("c1", "c2", "CA0123", "2026-03-02.é")]
    assert placed == [21, 47, 36, 5]


def test_conversations_spread_evenly() -> None:
    load = Counter(shard_of("acme", f"conversation-{n}") for n in range(64_000))
    assert len(load) == SHARDS
    assert max(load.values()) < 1.3 * 1000


def test_parts_of_a_key_never_run_together() -> None:
    # Both are allowed identifiers; with ":" between the parts they would share a key.
    first = conversation_keys("a", "x:conversation:y")
    second = conversation_keys("a:conversation:x", "y")
    assert {first.stream, first.state}.isdisjoint({second.stream, second.state})


def test_every_key_starts_with_its_tenant() -> None:
    keys = conversation_keys("acme", "c")
    assert keys.stream.startswith("acme/")
    assert keys.state.startswith("acme/")


@pytest.mark.parametrize(
    ("tenant", "conversation"), [("a/b", "c"), ("a", "b/c"), ("", "c"), ("a", "")]
)
def test_a_separator_in_an_id_is_nobody(tenant: str, conversation: str) -> None:
    with pytest.raises(NotFound):
        conversation_keys(tenant, conversation)
