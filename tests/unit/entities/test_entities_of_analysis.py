"""The analysis of a turn holds its entities, for both roles and beside the heads' quotes."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
import pytest

from services.assist.analyst import Analyst
from services.assist.encoder import DIMENSIONS, Encoding
from services.contracts.analysis import Prediction
from services.contracts.conversation import Role, Turn
from services.kit.clock import Clock

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class SilentEncoder:
    name = "silent"

    async def encode(self, texts: Sequence[str], *, tuned: bool = False) -> list[Encoding]:
        empty = np.zeros((1, DIMENSIONS), dtype=np.float32)
        return [Encoding(empty[0], empty, np.zeros((1, 2), dtype=np.int32)) for _ in texts]

    async def read(self, text: str, reader: Callable[[Encoding], T]) -> T:
        [encoding] = await self.encode([text], tuned=True)
        return reader(encoding)

    def close(self) -> None:
        pass


class SilentHead:
    name = "intent"

    def applies(self, turn: Turn) -> bool:
        return True

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        return Prediction(label=None, confidence=0.9)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        return (0, len(text))


@pytest.mark.parametrize("role", ["customer", "adviser"])
async def test_entities_are_found_in_turns_of_both_roles(role: Role) -> None:
    clock = Clock(lambda: NOW, lambda: 0.0, asyncio.sleep)
    text = "🙂 rappelez demain au zéro six douze trente-quatre cinquante-six soixante-dix-huit"
    turn = Turn(id="t1", role=role, text=text, language="fr", start_ms=0, end_ms=1, channel="voice")
    analysis = await Analyst(SilentEncoder(), [SilentHead()], clock).read(turn)
    assert analysis is not None
    assert [(one.type, one.value) for one in analysis.entities] == [
        ("date", "2026-11-23"),
        ("phone", "+33612345678"),
    ]
    assert all(one.text == text[one.start : one.end] for one in analysis.entities)


async def test_a_turn_of_unknown_language_is_read_in_its_own() -> None:
    clock = Clock(lambda: NOW, lambda: 0.0, asyncio.sleep)
    text = "hello my name is Katie Marshall and I was born on the ninth of January nineteen sixty"
    turn = Turn(id="t1", role="customer", text=text, start_ms=0, end_ms=1, channel="chat")
    analysis = await Analyst(SilentEncoder(), [SilentHead()], clock).read(turn)
    assert analysis is not None
    assert [(one.type, one.value) for one in analysis.entities] == [
        ("person", "Katie Marshall"),
        ("date_of_birth", "1960-01-09"),
    ]
