"""What happened in a conversation so far, as the policy reads it: said, done, looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Said:
    """A turn. ``vector`` is its embedding; ``action`` what the adviser did by it, when known."""

    role: Literal["customer", "adviser"]
    vector: Vector
    turn_id: str = ""
    action: str | None = None


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A search in the company's systems: with what, and what it gave.

    ``message`` is the embedding of what the system answered in words, when it did.
    """

    tool: str
    found: bool
    given: Mapping[str, str] = field(default_factory=dict)
    message: Vector | None = None
    fields: frozenset[str] = frozenset()


Event = Said | LookedUp
