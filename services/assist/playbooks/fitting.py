"""Makes a playbook ready to serve: its heads fitted, its suggesters made."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.assist.analyst import Analyst
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder
from services.assist.heads import HeadWeights, fitted_heads, trained_heads
from services.assist.playbooks.separating import confusions
from services.assist.suggesters import Suggester, build_suggesters
from services.contracts.playbook import Playbook
from services.kit.clock import Clock
from services.records.playbooks import Confusion


@dataclass(frozen=True)
class FittedPlaybook:
    """What reads turns and proposes cards as one playbook says.

    ``version`` is 0 for the built-in playbook; ``name`` tells what a card came from, as
    ``own/orders@3`` or ``built-in/general@1``.
    """

    analyst: Analyst
    suggesters: Sequence[Suggester]
    version: int = 0
    name: str | None = None


class Fitter:
    """Fits playbooks; the heads that are the same for all of them are shared."""

    def __init__(
        self,
        encoder: Encoder,
        cache: EmbeddingCache,
        weights: HeadWeights,
        clock: Clock,
    ) -> None:
        self._encoder = encoder
        self._cache = cache
        self._weights = weights
        self._trained = trained_heads(weights)
        self._clock = clock

    async def fit(self, playbook: Playbook, version: int) -> FittedPlaybook:
        """Return ``playbook`` ready to serve; ``version`` 0 is the built-in one.

        About a second of CPU in threads, and 6 ms for each utterance that was never read before.
        """
        heads = await fitted_heads(playbook, self._encoder, self._cache, self._weights)
        name = (
            f"own/{playbook.id}@{version}"
            if version
            else f"built-in/{playbook.id}@{playbook.version}"
        )
        analyst = Analyst(self._encoder, (*self._trained, *heads), self._clock, {"playbook": name})
        return FittedPlaybook(analyst, build_suggesters(playbook), version, name)

    async def confusions(self, playbook: Playbook) -> tuple[Confusion, ...]:
        """Return which intents are taken for one another, for the playbook's author."""
        return await confusions(playbook, self._encoder, self._cache, self._weights.shift)
