"""How far a shard is settled while its entries finish in any order."""

import random

from services.journal.shards import Shard


def test_a_position_never_passes_what_is_unsettled() -> None:
    order = random.Random(3)
    for _ in range(200):
        shard = Shard(number=1, holder="w 1", cursor="0-0", inherited="0-0")
        entries = [f"{n}-0" for n in range(1, 13)]
        read, settled, last = 0, set(), 0
        while len(settled) < len(entries):
            if read < len(entries) and order.random() < 0.5:
                shard.unsettled[entries[read]] = shard.cursor
                shard.cursor = entries[read]
                read += 1
                continue
            if not shard.unsettled:
                continue
            done = order.choice(list(shard.unsettled))
            position = int(shard.position_without(done).split("-")[0])
            del shard.unsettled[done]
            settled.add(int(done.split("-")[0]))
            assert settled >= set(range(1, position + 1))
            assert position >= last
            last = position
        assert last == len(entries)
