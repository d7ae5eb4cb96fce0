"""Which shards this worker owns: a lease that must be renewed, a fencing token for each shard."""

import asyncio
from dataclasses import dataclass, field
from uuid import uuid4

from services.journal.keys import (
    EPOCH,
    GROUPS,
    SHARDS,
    holders_key,
    positions_key,
    shard_key,
    workers_key,
)
from services.journal.line import Line
from services.journal.scripting import script


@dataclass(slots=True, eq=False)
class Shard:
    """A shard that this worker owns.

    Attributes:
        holder: worker and fencing token, as Redis must have them for a commit to count.
        cursor: stream id of the last entry read.
        inherited: entries up to this id may have been settled by an earlier owner.
        unsettled: entries read and not settled, oldest first, each with the id read before it.
        leaving: no more is read; the shard is given back once nothing is unsettled.
        lost: another worker has it, or will.
    """

    number: int
    holder: str
    cursor: str
    inherited: str
    unsettled: dict[str, str] = field(default_factory=dict)
    leaving: bool = False
    lost: bool = False

    def position_without(self, entry_id: str) -> str:
        """Return the id up to which all is settled once ``entry_id`` is."""
        for other, before in self.unsettled.items():
            if other != entry_id:
                return before
        return self.cursor


class Shards:
    """This worker's shards of one group."""

    def __init__(self, line: Line, group: str, *, owner: str, lease_s: float) -> None:
        self._line = line
        self._group = group
        # Two workers may be given one name; a lease must belong to one of them.
        self._worker = f"{owner.replace(' ', '_')}~{uuid4().hex[:12]}"
        self._lease_ms = int(lease_s * 1000)
        self._epoch: str | None = None
        self._by_number: dict[int, Shard] = {}

    def readable(self) -> list[Shard]:
        """Return the shards to read new entries from."""
        return [shard for shard in self._by_number.values() if not shard.leaving]

    async def renew(self) -> None:
        """Renew the lease, drop what was lost, take or give back a fair share.

        Raises:
            Unavailable: Redis did not answer; the lease may be running out.
        """
        answer = await self._line.call(
            *script(
                "lease",
                (workers_key(self._group), holders_key(self._group), EPOCH, GROUPS),
                *(self._worker, self._lease_ms, SHARDS, self._group),
            )
        )
        epoch, fair, *flat = answer
        if epoch != self._epoch:
            # Redis may have gone back in time: what was read is not to be relied on.
            self.forget_all()
            self._epoch = epoch
        held = {int(number): holder for number, holder in zip(flat[::2], flat[1::2], strict=True)}
        for shard in list(self._by_number.values()):
            if held.get(shard.number) != shard.holder:
                self.forget(shard)
        new = [(number, holder) for number, holder in held.items() if number not in self._by_number]
        for shard in await self._take_over(new):
            self._by_number[shard.number] = shard
        await self._give_back(len(self._by_number) - int(fair))

    def forget(self, shard: Shard) -> None:
        """Stop counting a shard as ours; what is queued of it is dropped by whoever finds it."""
        shard.lost = True
        if self._by_number.get(shard.number) is shard:
            del self._by_number[shard.number]

    def forget_all(self) -> None:
        """Stop counting on any shard, because the lease may have run out."""
        for shard in list(self._by_number.values()):
            self.forget(shard)

    async def leave(self) -> None:
        """Give every shard back and leave the group, so that others need not wait for the lease."""
        self.forget_all()
        await self._release([], leave=True)

    async def _take_over(self, held: list[tuple[int, str]]) -> list[Shard]:
        if not held:
            return []
        numbers = [number for number, _ in held]
        positions = await self._line.call("HMGET", positions_key(self._group), *numbers)
        newest = await asyncio.gather(
            *(
                self._line.call("XREVRANGE", shard_key(number), "+", "-", "COUNT", 1)
                for number in numbers
            )
        )
        return [
            Shard(number, holder, position or "0-0", last[0][0] if last else "0-0")
            for (number, holder), position, last in zip(held, positions, newest, strict=True)
        ]

    async def _give_back(self, surplus: int) -> None:
        leaving = sum(shard.leaving for shard in self._by_number.values())
        for shard in self._by_number.values():
            if leaving >= surplus:
                break
            if not shard.leaving:
                shard.leaving = True
                leaving += 1
        drained = [
            shard for shard in self._by_number.values() if shard.leaving and not shard.unsettled
        ]
        if surplus <= 0:
            for shard in self._by_number.values():
                shard.leaving = False
        elif drained:
            for shard in drained:
                self.forget(shard)
            await self._release(drained, leave=False)

    async def _release(self, shards: list[Shard], *, leave: bool) -> None:
        pairs = [part for shard in shards for part in (shard.number, shard.holder)]
        await self._line.call(
            *script(
                "release",
                (workers_key(self._group), holders_key(self._group)),
                *(self._worker, "1" if leave else "0", *pairs),
            )
        )
