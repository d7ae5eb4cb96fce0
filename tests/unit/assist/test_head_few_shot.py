"""The few-shot classifier and the heads fitted from a playbook, on the shipped encoder."""

import time
from pathlib import Path

import numpy as np
import pytest

from services.assist.embeddings import EmbeddingCache
from services.assist.heads import FITTED, build_heads, few_shot
from services.assist.heads import intent as intent_head
from services.assist.heads.calibration import sigmoid
from services.assist.heads.centring import Examples, unit
from services.assist.heads.few_shot import FewShotClassifier
from services.assist.heads.playbook_head import PlaybookHead
from services.assist.heads.sentences import sentence_spans
from services.assist.heads.trained import LABELS
from services.contracts.base import Role
from services.contracts.conversation import Turn
from services.contracts.playbook import Playbook
from tests.fakes.encoders import shipped_encoder

ZERO = np.zeros(384, dtype=np.float32)

INTENTS = {
    "refund": (
        ("je veux être remboursé", "remboursez-moi cette commande", "je demande un remboursement"),
        ("I want a refund", "please give me my money back", "I'd like to be refunded"),
    ),
    "password": (
        (
            "j'ai oublié mon mot de passe",
            "mon mot de passe ne marche plus",
            "changer le mot de passe",
        ),
        ("I forgot my password", "my password doesn't work", "reset my password please"),
    ),
    "late": (
        ("mon colis n'est pas arrivé", "la livraison est en retard", "où est ma commande"),
        ("my parcel hasn't arrived", "the delivery is late", "where is my order"),
    ),
    "cancel": (
        ("je veux résilier mon abonnement", "je résilie mon contrat", "arrêtez mon forfait"),
        ("I want to cancel my subscription", "terminate my contract", "stop my plan please"),
    ),
}


def book(*, french: bool = True) -> Playbook:
    def both(text: str) -> dict[str, str]:
        return {"fr": text, "en": text}

    return Playbook.model_validate(
        {
            "id": "small",
            "version": 1,
            "name": both("small"),
            "topics": [{"id": "all", "name": both("all")}],
            "intents": [
                {
                    "id": label,
                    "topic": "all",
                    "name": both(label),
                    "examples": {"fr": fr if french else (), "en": en},
                }
                for label, (fr, en) in INTENTS.items()
            ],
        }
    )


def turn(text: str, role: Role = "customer") -> Turn:
    return Turn(id="t", role=role, text=text, start_ms=0, end_ms=1, channel="chat")


async def read(head: PlaybookHead, text: str) -> tuple[str | None, str]:
    [encoding] = await shipped_encoder().encode([text])
    prediction = head.predict(encoding, turn(text))
    assert 0 <= prediction.confidence <= 1
    return prediction.label, prediction.top[0].label


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> EmbeddingCache:
    return EmbeddingCache(tmp_path_factory.mktemp("embeddings"))


@pytest.mark.parametrize("french", [True, False])
async def test_three_examples_serve_and_english_ones_serve_french(
    kept: EmbeddingCache, french: bool
) -> None:
    head = await intent_head.fit(book(french=french), shipped_encoder(), kept, ZERO)
    best = {
        "j'aimerais récupérer mon argent": "refund",
        "impossible de me connecter, mot de passe refusé": "password",
        "le paquet devait être livré lundi et toujours rien": "late",
        "je souhaite mettre fin à mon abonnement": "cancel",
        "can I get my money back for this": "refund",
    }
    assert {text: (await read(head, text))[1] for text in best} == best


@pytest.mark.parametrize(
    "text", ["oui", "ok", "d'accord merci", "merci beaucoup au revoir", "yes okay", "bonjour", "🙂"]
)
async def test_backchannels_are_none_of_these(kept: EmbeddingCache, text: str) -> None:
    head = await intent_head.fit(book(), shipped_encoder(), kept, ZERO)
    assert (await read(head, text))[0] is None


async def test_the_evidence_is_the_telling_sentence(kept: EmbeddingCache) -> None:
    head = await intent_head.fit(book(), shipped_encoder(), kept, ZERO)
    text = (
        "Bonjour, j'espère que vous allez bien. Je veux résilier mon abonnement. Il fait beau ici !"
    )
    [encoding] = await shipped_encoder().encode([text])
    start, end = head.best_span(encoding, text, "cancel")
    assert text[start:end] == "Je veux résilier mon abonnement."


async def test_a_playbook_without_phrases_has_heads_that_never_apply(
    tmp_path: Path, kept: EmbeddingCache
) -> None:
    heads = await build_heads(book(), shipped_encoder(), kept, tmp_path)
    by_name = {head.name: head for head in heads}
    assert list(by_name) == [*LABELS, *(module.NAME for module in FITTED)]
    assert by_name["intent"].applies(turn("bonjour"))
    assert not by_name["intent"].applies(turn("bonjour", "adviser"))
    assert not by_name["cue"].applies(turn("bonjour"))
    fitted = [by_name[module.NAME] for module in FITTED]
    assert not any(head.applies(turn("c'est remboursé", "adviser")) for head in fitted)


def test_a_hundred_labels_fit_within_a_second_of_cpu() -> None:
    dice = np.random.default_rng(0)
    centres = dice.normal(size=(100, 384)).astype(np.float32)

    def near(centre: np.ndarray) -> np.ndarray:
        points = centre + 0.7 * dice.normal(size=(20, 384)).astype(np.float32)
        return points / np.linalg.norm(points, axis=1, keepdims=True)

    examples = {f"label{n}": {"en": near(centre)} for n, centre in enumerate(centres)}
    none = {"en": near(dice.normal(size=384).astype(np.float32))}
    FewShotClassifier.fit(examples, none, ZERO)  # imports scikit-learn
    started = time.thread_time()
    classifier = FewShotClassifier.fit(examples, none, ZERO)
    assert time.thread_time() - started < 1.5  # 0.4 s on a quiet machine
    prediction = classifier.predict(near(centres[7])[:1], "en")
    assert prediction.label == "label7"
    far = near(dice.normal(size=384).astype(np.float32))
    assert sum(classifier.predict(row[None], "en").label is None for row in far) > 0.9 * len(far)


def test_one_turn_is_as_sure_as_the_calibration_says_of_many() -> None:
    dice = np.random.default_rng(1)
    rows = unit(np.asarray(dice.normal(size=(90, 384)), dtype=np.float32))
    examples: Examples = {f"label{n}": {"en": rows[10 * n : 10 * n + 10]} for n in range(8)}
    classifier = FewShotClassifier.fit(examples, {"en": rows[80:]}, ZERO)
    asked = unit(rows + dice.normal(scale=0.03, size=rows.shape).astype(np.float32))
    scores, nearest = reading = classifier.read(asked, "en")
    shares = few_shot._softmax(scores * classifier._sharpness)
    best = scores[:, :-1].argmax(axis=1)
    likest = nearest[np.arange(len(best)), best]
    sure = sigmoid(few_shot._signs(scores, shares, likest) @ np.array(classifier._certainty))
    for number, expected in enumerate(sure):
        one = few_shot.Reading(scores[[number]], nearest[[number]])
        assert classifier.concluded(one).top[0].confidence == pytest.approx(expected, abs=1e-9)
    assert classifier.concluded(reading).top[0].confidence == pytest.approx(sure.max(), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  ", []),
        ("sans ponctuation du tout", ["sans ponctuation du tout"]),
        (
            "Oui. Je n'ai rien reçu !  Que puis-je faire ?",
            ["Oui. Je n'ai rien reçu !", "Que puis-je faire ?"],
        ),
        ("Ça coûte 12.50 euros par mois. C'est trop cher…", None),
        ("première ligne longue\n\ndeuxième ligne longue", None),
    ],
)
def test_sentences(text: str, sentences: list[str] | None) -> None:
    found = [text[start:end] for start, end in sentence_spans(text)]
    if sentences is None:
        assert len(found) == 2
    else:
        assert found == sentences
