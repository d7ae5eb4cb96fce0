"""The cue detectors: each on its own, on the shipped encoder and the general playbook."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from services.assist.embeddings import EmbeddingCache
from services.assist.heads import cue as cue_head
from services.assist.heads.centring import Centres, Vectors
from services.assist.heads.cue import CueHead
from services.assist.heads.detectors import Detectors
from services.assist.playbooks import load_playbook
from services.contracts.analysis import Prediction
from services.contracts.base import Language
from services.contracts.conversation import Turn
from tests.fakes.encoders import shipped_encoder

ZERO = np.zeros(384, dtype=np.float32)
KEPT = Path.home() / ".cache" / "souffleur-tests" / "data" / "embeddings"


@pytest.fixture(scope="module")
def head() -> CueHead:
    fitting = cue_head.fit(load_playbook("general"), shipped_encoder(), EmbeddingCache(KEPT), ZERO)
    return asyncio.run(fitting)


async def read(head: CueHead, text: str, language: Language) -> tuple[Prediction, str]:
    turn = Turn(
        id="t", role="customer", text=text, start_ms=0, end_ms=1, channel="chat", language=language
    )
    [encoding] = await shipped_encoder().encode([text])
    prediction = head.predict(encoding, turn)
    if prediction.label is None:
        return prediction, ""
    start, end = head.best_span(encoding, text, prediction.label)
    return prediction, text[start:end]


@pytest.mark.timeout(300)  # the first run embeds the playbook
@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("Ça fait trois fois que je vous appelle pour la même histoire.", "fr", "repeat_contact"),
        ("I've already explained all of that to your chatbot.", "en", "already_explained"),
        ("You promised to call me back and nobody did.", "en", "promise_broken"),
        ("Je vais prendre un avocat et on ira au tribunal.", "fr", "escalation_threat"),
        ("Oui, je suis toujours là, allez-y.", "fr", None),
        ("Sure, no rush, I'll hold.", "en", None),
        ("Et ça prendrait combien de temps ?", "fr", None),
    ],
)
async def test_cues_and_what_is_none(
    head: CueHead, text: str, language: Language, label: str | None
) -> None:
    prediction, _ = await read(head, text, language)
    assert prediction.label == label, prediction.top


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_one_sentence_of_a_story_is_enough_and_is_the_quote(head: CueHead) -> None:
    text = (
        "Bonjour, je regarde mon espace client depuis tout à l'heure. "
        "Je vous ai déjà appelés deux fois pour ça. La facture est de trente euros."
    )
    prediction, quote = await read(head, text, "fr")
    assert prediction.label == "repeat_contact"
    assert quote == "Je vous ai déjà appelés deux fois pour ça."


def test_detectors_are_independent_and_silent_on_the_unknown() -> None:
    dice = np.random.default_rng(1)
    axes = np.eye(384, dtype=np.float32)

    def near(axis: int, count: int) -> Vectors:
        points = axes[axis] + 0.02 * dice.normal(size=(count, 384)).astype(np.float32)
        return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)

    centres = Centres({"fr": ZERO, "en": ZERO})
    phrases: dict[str, dict[Language, Vectors]] = {
        "first": {"fr": near(0, 12), "en": near(0, 12)},
        "second": {"fr": near(1, 12), "en": near(1, 12)},
    }
    detectors = Detectors.fit(phrases, {"fr": near(2, 60), "en": near(2, 60)}, centres)
    both = (axes[0] + axes[1]) / np.sqrt(2)
    shares = detectors.probabilities(np.stack([axes[0], axes[1], axes[2], axes[9], both]), "fr")
    assert shares[0, 0] > 0.9 > 0.1 > shares[0, 1]
    assert shares[1, 1] > 0.9 > 0.1 > shares[1, 0]
    assert shares[2:4].max() < 0.1, "ordinary, and never heard of"
    assert abs(shares[4, 0] - shares[4, 1]) < 0.2, "one does not silence the other"
