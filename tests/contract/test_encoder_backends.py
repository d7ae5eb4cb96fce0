"""Both backends of the encoder read the same thing in the same text."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.assist.encoder import DIMENSIONS, branch_file
from tests.fakes.encoders import WEIGHTS, shipped_encoder, shipped_files

torch = pytest.importorskip("torch", reason="the gpu extra is not installed")

TEXTS = [
    "oui",
    "no",
    "Bonjour, je vous appelle parce que je n'ai toujours pas reçu mon colis 😡",
    "My parcel never arrived and I want a refund.",
    "Euh oui alors attendez, c'est le zéro six douze trente-quatre.",
    "I was charged twice for order 4417 and nobody called me back, it's unacceptable! " * 4,
    "Je souhaiterais résilier mon abonnement fibre et récupérer mon numéro. " * 20,
    "",
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
async def test_torch_agrees_with_onnx() -> None:
    from services.assist.encoder_torch import torch_encoder

    model, tokenizer = shipped_files()
    encoder = torch_encoder(
        model, tokenizer, name="torch", branch=branch_file(WEIGHTS), device="cpu"
    )
    try:
        ours = await encoder.encode(TEXTS, tuned=True)
        [alone] = await encoder.encode([TEXTS[2]], tuned=True)
    finally:
        encoder.close()
    reference = await shipped_encoder().encode(TEXTS, tuned=True)
    for text, a, b in zip(TEXTS, ours, reference, strict=True):
        assert np.array_equal(a.offsets, b.offsets)
        assert a.truncated == b.truncated
        assert float(a.embedding @ b.embedding) >= 0.99, text[:30]
        assert a.token_states.shape == b.token_states.shape
        assert cosine(a.both[:DIMENSIONS], b.both[:DIMENSIONS]) >= 0.99, text[:30]
    assert np.allclose(alone.embedding, ours[2].embedding, atol=1e-4)
    assert np.allclose(alone.both, ours[2].both, atol=1e-3)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
