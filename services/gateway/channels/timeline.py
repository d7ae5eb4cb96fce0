"""Puts one participant's packets in their place: in order, each once, gaps for what is lost."""

import heapq
from dataclasses import dataclass, field

from services.gateway.channels.base import AudioChunk, Gap
from services.gateway.channels.samples import Sound

LATEST_MS = 24 * 3_600_000
"""No call is longer; a timestamp beyond it is an error, not a gap."""


@dataclass(order=True)
class _Packet:
    at_ms: float
    number: int
    samples: bytes = field(compare=False)


class Track:
    """One participant's packets.

    A packet says where its samples begin. What is lost leaves a gap, so that nothing behind it
    shifts; what comes twice, or after its place has been passed, is left out.

    Args:
        index: of the leg.
        sound: of the samples.
        window: packets kept behind a missing one, which may still come. 0 for protocols in order.
    """

    def __init__(self, index: int, sound: Sound, window: int) -> None:
        self.position_ms = 0.0
        self.heard = False
        self._index = index
        self._format = sound.format
        self._window = window
        self._waiting: list[_Packet] = []

    def push(self, at_ms: float | None, number: int, samples: bytes) -> list[AudioChunk | Gap]:
        """Take a packet that begins at ``at_ms`` (``None``: where the last one ended)."""
        self.heard = True
        begins = self.position_ms if at_ms is None else at_ms
        heapq.heappush(self._waiting, _Packet(begins, number, samples))
        out: list[AudioChunk | Gap] = []
        while self._waiting and (len(self._waiting) > self._window or self._is_next()):
            out += self._place(heapq.heappop(self._waiting))
        return out

    def flush(self) -> list[AudioChunk | Gap]:
        """Return what was kept: nothing else will come."""
        packets = [heapq.heappop(self._waiting) for _ in range(len(self._waiting))]
        return [placed for packet in packets for placed in self._place(packet)]

    def silence_until(self, at_ms: float) -> list[AudioChunk | Gap]:
        """Go on to ``at_ms``; packets that are kept come first."""
        out = self.flush()
        if at_ms > self.position_ms:
            out.append(Gap(self._index, at_ms - self.position_ms))
            self.position_ms = at_ms
        return out

    def _is_next(self) -> bool:
        packet = self._waiting[0]
        return packet.at_ms - self.position_ms <= self._slack(packet)

    def _place(self, packet: _Packet) -> list[AudioChunk | Gap]:
        ahead_ms = packet.at_ms - self.position_ms
        if -ahead_ms > self._slack(packet):
            return []
        out: list[AudioChunk | Gap] = []
        if ahead_ms > self._slack(packet):
            out.append(Gap(self._index, ahead_ms))
            self.position_ms = packet.at_ms
        self.position_ms += self._format.duration_ms(len(packet.samples))
        return [*out, AudioChunk(self._index, packet.samples)]

    def _slack(self, packet: _Packet) -> float:
        """Half a packet: timestamps are whole milliseconds, and some clocks are none too steady."""
        return self._format.duration_ms(len(packet.samples)) / 2
