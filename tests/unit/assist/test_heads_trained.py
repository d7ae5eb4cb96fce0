"""The trained heads: sensible on plain turns in both languages, and each only for its role (P3)."""

import json
from pathlib import Path

import numpy as np
import pytest

from services.assist.encoder import Encoding
from services.assist.heads import HeadWeights, trained_heads
from services.assist.heads.head import Head
from services.assist.heads.trained import LABELS, MOMENTS
from services.contracts.base import Role
from services.contracts.conversation import Turn
from services.kit.modelstore import models_root
from tests.fakes.encoders import WEIGHTS, shipped_encoder

HELD_OUT = Path(models_root()) / "train" / "data"


@pytest.fixture(scope="module")
def heads() -> dict[str, Head]:
    weights = HeadWeights.read(next(WEIGHTS.glob("heads-fr-en-*.npz")))
    return {head.name: head for head in trained_heads(weights)}


def turn(text: str, role: Role = "customer", *, final: bool = True) -> Turn:
    return Turn(id="t", role=role, text=text, start_ms=0, end_ms=1, final=final, channel="voice")


async def read(text: str) -> Encoding:
    [encoding] = await shipped_encoder().encode([text], tuned=True)
    return encoding


def test_feelings_are_read_in_the_customers_words_only(heads: dict[str, Head]) -> None:
    for name in ("sentiment", "emotion"):
        assert heads[name].applies(turn("C'est inadmissible"))
        assert not heads[name].applies(turn("C'est inadmissible", "adviser"))
        assert not heads[name].applies(turn("C'est inadmissible", "bot"))
    for head in heads.values():
        assert not head.applies(turn("Bonjour", final=False))
        assert not head.applies(turn("Bonjour", "bot"))


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("c'est inadmissible, j'en ai assez, vous vous moquez de moi", "anger"),
        ("this is ridiculous, i'm absolutely fed up with you people", "anger"),
        ("j'ai très peur de perdre mon logement, je ne dors plus", "worry"),
        ("i'm really scared they will cut off my heating", "worry"),
        ("merci infiniment, vous êtes formidable !", "joy"),
        ("oh that's wonderful, thank you so much", "joy"),
    ],
)
async def test_plain_emotions(heads: dict[str, Head], text: str, emotion: str) -> None:
    prediction = heads["emotion"].predict(await read(text), turn(text))
    assert prediction.label == emotion
    assert sum(scored.confidence for scored in prediction.top) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("role", "text", "act"),
    [
        ("adviser", "Bonjour, Camille du service clients.", "greeting"),
        ("customer", "au revoir bonne journée", "farewell"),
        ("customer", "merci beaucoup", "thanks"),
        ("adviser", "I'm so sorry about that.", "apology"),
        ("customer", "oui c'est ça", "confirm"),
        ("customer", "no, not at all", "deny"),
        ("adviser", "Quelle est votre date de naissance ?", "question"),
        ("customer", "when will it arrive?", "question"),
        ("adviser", "Je vous rappelle demain matin sans faute.", "commit"),
    ],
)
async def test_plain_acts(heads: dict[str, Head], role: Role, text: str, act: str) -> None:
    prediction = heads["dialogue_act"].predict(await read(text), turn(text, role))
    assert prediction.label == act


@pytest.mark.parametrize(
    ("role", "text", "moment"),
    [
        ("customer", "si ça continue je résilie et je pars chez un concurrent", "churn_risk"),
        ("customer", "i already called three times about this", "repeat_contact"),
        ("customer", "passez-moi un conseiller, une vraie personne", "human_request"),
        ("customer", "i want to talk to a real person", "human_request"),
        (
            "customer",
            "j'ai essayé sur votre site mais ça plante à chaque fois",
            "failed_self_service",
        ),
        ("customer", "you bloody idiot, you useless piece of rubbish", "abuse"),
        ("adviser", "je vous rappelle demain avant midi, c'est promis", "promise_made"),
        ("adviser", "I will send you the refund today.", "promise_made"),
    ],
)
async def test_plain_moments(heads: dict[str, Head], role: Role, text: str, moment: str) -> None:
    prediction = heads["moment"].predict(await read(text), turn(text, role))
    assert moment in {told.label for told in prediction.top}


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour, je voudrais changer mon adresse de livraison.",
        "oui",
        "could you tell me the opening hours please",
        "mon numéro de commande est le 4417",
        "merci, bonne journée",
    ],
)
async def test_ordinary_turns_are_no_moment(heads: dict[str, Head], text: str) -> None:
    prediction = heads["moment"].predict(await read(text), turn(text))
    assert prediction.label is None
    assert prediction.top == ()


async def test_a_moment_belongs_to_its_role(heads: dict[str, Head]) -> None:
    promise = "je vous rappelle demain avant midi, c'est promis"
    leaving = "si ça continue je résilie et je pars chez un concurrent"
    for text, role in ((promise, "customer"), (leaving, "adviser")):
        prediction = heads["moment"].predict(await read(text), turn(text, role))  # type: ignore[arg-type]
        other = "promise_made" if role == "customer" else "churn_risk"
        assert other not in {told.label for told in prediction.top}


async def test_the_evidence_is_the_sentence_that_gives_it_away(heads: dict[str, Head]) -> None:
    text = (
        "Bonjour, j'appelle pour ma box. Si ce n'est pas réparé je résilie et je vais chez un "
        "concurrent. Mon numéro de client est le 4417."
    )
    encoding = await read(text)
    prediction = heads["moment"].predict(encoding, turn(text))
    assert "churn_risk" in {told.label for told in prediction.top}
    start, end = heads["moment"].best_span(encoding, text, "churn_risk")
    assert text[start:end].startswith("Si ce n'est pas")


async def test_held_out_acts(heads: dict[str, Head]) -> None:
    rows = [
        row
        for row in map(
            json.loads, (HELD_OUT / "acts_emotions_fr_en.jsonl").read_text().splitlines()
        )
        if row["split"] == "dev" and "act" in row
    ]
    encodings = await shipped_encoder().encode([row["text"] for row in rows], tuned=True)
    right = [
        heads["dialogue_act"].predict(encoding, turn(row["text"], row["role"])).label == row["act"]
        for encoding, row in zip(encodings, rows, strict=True)
    ]
    assert len(right) > 300
    assert sum(right) / len(right) >= 0.8


async def test_held_out_moments_are_mostly_right(heads: dict[str, Head]) -> None:
    told, right = 0, 0
    for language in ("fr", "en"):
        lines = (HELD_OUT / f"moments_{language}.jsonl").read_text().splitlines()
        rows = [row for row in map(json.loads, lines) if row["split"] == "dev"]
        encodings = await shipped_encoder().encode([row["text"] for row in rows], tuned=True)
        for encoding, row in zip(encodings, rows, strict=True):
            said = heads["moment"].predict(encoding, turn(row["text"], row["role"]))
            told += len(said.top)
            right += sum(moment.label in row["moments"] for moment in said.top)
    assert told > 200
    assert right / told >= 0.85


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    weights = HeadWeights.read(next(WEIGHTS.glob("heads-fr-en-*.npz")))
    weights.save(tmp_path / "a.npz")
    again = HeadWeights.read(tmp_path / "a.npz")
    assert weights.heads.keys() == LABELS.keys()
    for name, head in weights.heads.items():
        assert head.weight.shape == (len(LABELS[name]), 768)
        assert np.array_equal(head.weight, again.heads[name].weight)
        assert np.array_equal(head.bias, again.heads[name].bias)
    assert np.array_equal(weights.thresholds, again.thresholds)
    assert len(weights.thresholds) == len(MOMENTS)
    assert (weights.thresholds >= 0.5).all()
    assert (weights.thresholds < 1).all()


async def test_without_its_tuned_view_a_text_cannot_be_read(heads: dict[str, Head]) -> None:
    [encoding] = await shipped_encoder().encode(["bonjour"])
    with pytest.raises(ValueError, match="tuned=True"):
        heads["sentiment"].predict(encoding, turn("bonjour"))
