"""The sentiment head: sensible on service turns, and never for an adviser."""

import json
from pathlib import Path

import pytest

from services.assist.heads import HeadWeights, SentimentHead
from services.contracts.base import Role
from services.contracts.conversation import Turn
from services.kit.modelstore import models_root
from tests.fakes.encoders import WEIGHTS, shipped_encoder

HELD_OUT = Path(models_root()) / "train" / "data" / "sentiment_service.jsonl"


@pytest.fixture(scope="module")
def head() -> SentimentHead:
    weights = HeadWeights.read(next(WEIGHTS.glob("heads-fr-en-*.npz")))
    return SentimentHead(weights.part("sentiment"))


def turn(text: str, role: Role = "customer", *, final: bool = True) -> Turn:
    return Turn(id="t", role=role, text=text, start_ms=0, end_ms=1, final=final, channel="voice")


@pytest.mark.parametrize("role", ["adviser", "bot"])
def test_only_the_customer_is_read(head: SentimentHead, role: Role) -> None:
    assert not head.applies(turn("C'est inadmissible", role))
    assert not head.applies(turn("C'est inadmissible", final=False))
    assert head.applies(turn("C'est inadmissible"))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("je voudrais changer mon adresse", "neutral"),
        ("bonjour, j'appelle au sujet de ma facture de mars", "neutral"),
        ("oui", "neutral"),
        ("could you tell me the opening hours please", "neutral"),
        ("c'est inadmissible, j'attends depuis trois semaines !", "negative"),
        (
            "Bonjour, c'est la troisième fois que j'appelle et rien ne bouge, j'en ai marre",
            "negative",
        ),
        ("this is ridiculous, nobody ever calls me back", "negative"),
        ("merci beaucoup, vous avez été très efficace", "positive"),
        ("that's brilliant, thanks so much for your help", "positive"),
    ],
)
async def test_plain_cases(head: SentimentHead, text: str, label: str) -> None:
    [encoding] = await shipped_encoder().encode([text], tuned=True)
    prediction = head.predict(encoding, turn(text))
    assert prediction.label == label
    assert prediction.score is not None
    assert {"negative": -1, "neutral": 0, "positive": 1}[label] * prediction.score >= 0
    assert prediction.confidence == prediction.top[0].confidence
    assert sum(scored.confidence for scored in prediction.top) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_held_out_service_turns(head: SentimentHead, language: str) -> None:
    rows = [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["lang"] == language and row["split"] == "dev"]
    encodings = await shipped_encoder().encode([row["text"] for row in rows], tuned=True)
    right = [
        head.predict(encoding, turn(row["text"])).label == row["label"]
        for encoding, row in zip(encodings, rows, strict=True)
    ]
    assert len(right) >= 90
    assert sum(right) / len(right) >= 0.88


async def test_the_evidence_is_the_angry_sentence(head: SentimentHead) -> None:
    text = "J'appelle pour ma livraison. C'est vraiment honteux, j'en ai assez ! Voici mon numéro."
    [encoding] = await shipped_encoder().encode([text], tuned=True)
    start, end = head.best_span(encoding, text, "negative")
    assert text[start:end] == "C'est vraiment honteux, j'en ai assez !"
