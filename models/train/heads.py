"""Train the shipped heads: ``python -m models.train.heads --data DIR``.

``DIR`` holds ``umsab-sentiment/*.jsonl.gz`` (rows ``text``, ``lang``, ``label``, ``split``). Tweets
are not telephone turns, so our own customer-service utterances are mixed in, and the examples of
the built-in playbook. The dev half of the utterances (as it is, and behind polite openers) and the
``val`` rows of UMSAB are only scored. Writes ``weights/heads-fr-en-1.npz`` and prints scores.
"""

import argparse
import asyncio
import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from models.train.sources import sha256
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import load_encoder
from services.assist.heads.sentiment import LABELS
from services.assist.playbooks import load_playbook
from services.contracts.playbook import Examples
from services.kit.settings import Settings

NAME = "heads-fr-en-1.npz"
MODELS = Path(__file__).resolve().parent.parent
SERVICE = MODELS / "train" / "data" / "sentiment_service.jsonl"
WEIGHTS = {"umsab": 1.0, "service": 10.0, "polite": 3.0, "playbook": 0.3}
"""How much a row of each kind counts: 4,300 tweets must not drown what we serve (set on dev)."""

_REQUESTS = (
    "order_tracking delivery_change order_cancel return_request exchange_request refund_status "
    "invoice_copy bank_details_change payment_plan change_plan pause_subscription "
    "contract_question contact_details_change address_change data_deletion installation_help "
    "appointment_book appointment_move appointment_cancel callback_request offer_information "
    "store_information human_agent"
)
REQUESTS = frozenset(_REQUESTS.split())
"""Intents whose examples only ask for something: neutral."""

GRIEVANCES = frozenset({"service_complaint", "promise_not_kept", "technician_no_show"})
"""Intents, and below cues, whose examples are complaints: negative."""

ANGRY_CUES = frozenset({"repeat_contact", "already_explained", "promise_broken", "threat_to_leave"})
HAPPY_CUES = frozenset({"satisfied"})

OPENERS = {
    "fr": (
        "bonjour,",
        "oui bonjour euh voilà je vous appelle parce que",
        "bonjour madame, je vous contacte car",
        "oui allô bonjour alors en fait",
        "Bonjour, excusez-moi de vous déranger,",
        "bonjour, merci de prendre mon appel,",
    ),
    "en": (
        "hello,",
        "yes hi um well I'm calling because",
        "good morning, I'm contacting you because",
        "hi there so basically",
        "Hi, sorry to bother you,",
        "hello, thanks for taking my call,",
    ),
}
"""Politeness is not happiness: what follows decides."""

_SCALE = 6.0
"""Brings the centred embedding near unit variance per direction, for the optimiser."""

_INVERSE_REGULARISATION = 3.0

Row = dict[str, Any]


def main() -> None:
    """Run the training."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m models.train.heads")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=MODELS / "weights")
    parser.add_argument("--cache", type=Path, help="directory to keep embeddings in")
    arguments = parser.parse_args()
    tweets = read_rows(next((arguments.data / "umsab-sentiment").glob("*.jsonl.gz")))
    service = read_rows(SERVICE)
    rows = [{**row, "kind": "umsab"} for row in tweets]
    rows += [{**row, "kind": "service"} for row in service]
    rows += [polite(row, number) for number, row in enumerate(rows) if row["kind"] == "service"]
    rows += playbook_rows()
    with tempfile.TemporaryDirectory() as scratch:
        vectors = asyncio.run(embed(rows, arguments.cache or Path(scratch)))
    weights, bias = train(vectors, rows)
    target = arguments.output / NAME
    np.savez(target, sentiment=weights, bias=bias, shift=language_shift(vectors, rows))
    report = scores(vectors @ weights.T + bias, rows)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    print(f'sha256 = "{sha256(target)}"\nsize = {target.stat().st_size}', file=sys.stderr)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a JSON lines file, plain or gzipped."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines()]


def polite(row: Row, number: int) -> Row:
    """Return the utterance behind a polite opener; the label stays."""
    openers = OPENERS[row["lang"]]
    text = f"{openers[number // 2 % len(openers)]} {row['text']}"
    return {**row, "text": text, "kind": "polite"}


def playbook_rows() -> list[Row]:
    """Return the built-in playbook's examples as training rows.

    A problem told plainly may be neutral or negative, never positive: it counts half as each.
    """
    playbook = load_playbook("general")
    rows: list[Row] = []

    def add(examples: Examples, *labels: str) -> None:
        for language in ("fr", "en"):
            for text in getattr(examples, language):
                for label in labels:
                    row = {"text": text, "lang": language, "label": label, "split": "train"}
                    rows.append({**row, "kind": "playbook", "share": 1 / len(labels)})

    for intent in playbook.intents:
        if intent.id in REQUESTS:
            add(intent.examples, "neutral")
        elif intent.id in GRIEVANCES:
            add(intent.examples, "negative")
        else:
            add(intent.examples, "neutral", "negative")
    for cue in playbook.cues:
        if cue.id in ANGRY_CUES:
            add(cue.phrases, "negative")
        elif cue.id in HAPPY_CUES:
            add(cue.phrases, "positive")
    return rows


async def embed(rows: list[Row], cache: Path) -> NDArray[np.float32]:
    """Return the embeddings of the rows' texts."""
    encoder = load_encoder(Settings(data_dir=cache))
    try:
        return await EmbeddingCache(cache).embed(encoder, [row["text"] for row in rows])
    finally:
        encoder.close()


def train(
    vectors: NDArray[np.float32], rows: list[Row]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights (3, 384) and bias (3,) whose softmax is calibrated on held-out folds."""
    chosen = [index for index, row in enumerate(rows) if row["split"] == "train"]
    labels = np.array([LABELS.index(rows[index]["label"]) for index in chosen])
    weight = np.array([WEIGHTS[rows[i]["kind"]] * rows[i].get("share", 1.0) for i in chosen])
    centre = vectors[chosen].mean(axis=0)
    table = (vectors[chosen] - centre) * _SCALE
    logits = np.zeros((len(chosen), len(LABELS)))
    for seen, held_out in StratifiedKFold(5, shuffle=True, random_state=0).split(table, labels):
        fold = _fit(table[seen], labels[seen], weight[seen])
        logits[held_out] = fold.decision_function(table[held_out])
    temperature = _temperature(logits, labels, weight)
    model = _fit(table, labels, weight)
    final = (model.coef_ * _SCALE / temperature).astype(np.float32)
    return final, (model.intercept_ / temperature - final @ centre).astype(np.float32)


def _fit(
    table: NDArray[np.float32], labels: NDArray[np.int64], weight: NDArray[np.float64]
) -> LogisticRegression:
    model = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=2_000)
    return model.fit(table, labels, sample_weight=weight)


def _temperature(
    logits: NDArray[np.float64], labels: NDArray[np.int64], weight: NDArray[np.float64]
) -> float:
    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        log_shares = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-(weight * log_shares[np.arange(len(labels)), labels]).sum())

    return float(min(np.linspace(0.5, 4.0, 71), key=loss))


def language_shift(vectors: NDArray[np.float32], rows: list[Row]) -> NDArray[np.float32]:
    """Return the mean step from English to French over our parallel utterances."""
    means = [
        vectors[[r["kind"] == "service" and r["lang"] == language for r in rows]].mean(axis=0)
        for language in ("fr", "en")
    ]
    return np.asarray(means[0] - means[1], dtype=np.float32)


def scores(logits: NDArray[np.float32], rows: list[Row]) -> dict[str, dict[str, float]]:
    """Return macro-F1, accuracy and calibration error on what training never saw."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    labels = np.array([LABELS.index(row["label"]) for row in rows])
    report: dict[str, dict[str, float]] = {}
    for kind in ("umsab", "service", "polite"):
        for language in ("fr", "en"):
            held_out = np.array(
                [
                    r["kind"] == kind and r["lang"] == language and r["split"] != "train"
                    for r in rows
                ]
            )
            guesses, truth = shares[held_out].argmax(axis=1), labels[held_out]
            report[f"{kind} {language}"] = {
                "n": int(held_out.sum()),
                "macro_f1": round(float(f1_score(truth, guesses, average="macro")), 4),
                "accuracy": round(float((guesses == truth).mean()), 4),
                "confidence": round(float(shares[held_out].max(axis=1).mean()), 4),
            }
    return report


if __name__ == "__main__":
    main()
