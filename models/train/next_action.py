"""Train the next-action policy: ``python -m models.train.next_action --data DIR --out FILE``.

``DIR`` holds STAR: ``train.jsonl.gz`` and the flow-charts ``tasks/NAME/NAME.json``. About one
dialogue in eight, by the hash of its id, is only scored on. ``--hold A,B`` leaves every dialogue
of those tasks out of training and scores on them: how the policy does on tasks that it has never
seen. ``--fraction`` trains on a part (learning curve), ``--without`` on fewer features (ablation).
Needs the ``train`` extra; one core, about a minute per member and three epochs.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.train import next_action_data, next_action_net
from models.train.next_action_data import COMMON, Decisions, Floats, Ints, held_out, load
from models.train.next_action_net import Known, NextActionNet, scores_of, train
from models.train.sources import sha256
from services.assist import next_action
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import MODEL as ENCODER
from services.assist.encoder import Encoder, encoder_files, onnx_encoder
from services.assist.heads import MODEL as HEADS
from services.assist.next_action.features import NAMES
from services.assist.next_action.space import Space
from services.kit.modelstore import digest, locate

GRID = np.geomspace(0.7, 2.0, 15)
"""Temperatures tried."""

Scores = list[Floats]


def split(data: Decisions, hold: frozenset[str], fraction: float) -> tuple[Ints, Ints]:
    """Return the decisions to train on and those to score on."""
    new = {n for n, d in enumerate(data.dialogues) if hold.intersection(d.tasks)}
    dev = {n for n, d in enumerate(data.dialogues) if held_out(d)}
    scored = new if hold else dev
    rest = sorted(set(range(len(data.dialogues))) - scored)
    if fraction < 1:
        rest = np.random.default_rng(0).permutation(rest)[: round(fraction * len(rest))].tolist()
    training = data.of_dialogues(rest)
    rows, place = data.rows(training)
    right = data.id[rows] == data.answer[training][place]
    # What no candidate stands for teaches nothing.
    return training[np.isin(np.arange(len(training)), place[right])], data.of_dialogues(scored)


def by_name(data: Decisions, chosen: Ints, scores: Scores, temperature: float) -> list[Any]:
    """Return (right answer, [(name, probability), ...] best first) of each decision."""
    found: list[Any] = []
    for decision, values in zip(chosen, scores, strict=True):
        names = data.id[data.first[decision] : data.first[decision + 1]]
        shares = np.exp((values - values.max()) / temperature)
        added: dict[int, float] = {}
        for name, share in zip(names.tolist(), (shares / shares.sum()).tolist(), strict=True):
            added[name] = added.get(name, 0.0) + share
        ranked = sorted(added.items(), key=lambda pair: -pair[1])
        found.append((int(data.answer[decision]), ranked))
    return found


def figures(ranked: Sequence[Any]) -> dict[str, float]:
    """Return accuracy at 1 and 3, and the mean negative log-probability of the truth."""
    first = [pairs[0][0] == answer for answer, pairs in ranked]
    third = [answer in [name for name, _ in pairs[:3]] for answer, pairs in ranked]
    loss = [-np.log(max(dict(pairs).get(answer, 0.0), 1e-6)) for answer, pairs in ranked]
    return {
        "n": len(ranked),
        "acc_at_1": round(float(np.mean(first)), 4),
        "acc_at_3": round(float(np.mean(third)), 4),
        "log_loss": round(float(np.mean(loss)), 4),
    }


def best_temperature(data: Decisions, chosen: Ints, scores: Scores) -> float:
    """Return the temperature under which the truth is most probable."""
    losses = [figures(by_name(data, chosen, scores, t))["log_loss"] for t in GRID]
    return float(GRID[int(np.argmin(losses))])


def selective(ranked: Sequence[Any]) -> list[dict[str, float]]:
    """Return how often it speaks and errs under each threshold of confidence."""
    sure = np.array([pairs[0][1] for _, pairs in ranked])
    right = np.array([pairs[0][0] == answer for answer, pairs in ranked])
    return [
        {
            "threshold": threshold,
            "answers": round(float((sure >= threshold).mean()), 3),
            "right": round(float(right[sure >= threshold].mean()), 3),
        }
        for threshold in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
        if (sure >= threshold).any()
    ]


def calibration_error(ranked: Sequence[Any]) -> float:
    """Return the expected calibration error of the best answer, over ten equal bins."""
    sure = np.array([pairs[0][1] for _, pairs in ranked])
    right = np.array([pairs[0][0] == answer for answer, pairs in ranked])
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [
        abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(10)
        if (bins == b).any()
    ]
    return round(float(sum(gaps)), 4)


def without(data: Decisions, names: Sequence[str]) -> None:
    """Blank features in place."""
    for name in names:
        data.numbers[:, NAMES.index(name)] = 0


def save(
    path: Path,
    nets: Sequence[NextActionNet],
    data: Decisions,
    known: Known,
    space: Space,
    temperature: float,
) -> None:
    """Write every weight in half precision, and what the inputs are measured with."""
    arrays: dict[str, Any] = {
        "mean": space.mean,
        "shift": space.shift,
        "axes": space.axes.astype(np.float16),
        "centre": known.centre,
        "scale": known.scale,
        "temperature": np.float32(temperature),
    }
    for number, net in enumerate(nets):
        for name, weight in net.state_dict().items():
            arrays[f"{number}.{name}"] = weight.numpy().astype(np.float16)
    np.savez_compressed(
        path,
        **arrays,
        members=np.int64(len(nets)),
        features=np.array(NAMES),
        names=np.array(data.names),
        taught=known.names,
        shared=known.shared,
        tasks=np.array(data.flows),
        known_tasks=known.tasks,
        common=np.array([step.id for step in COMMON]),
        common_texts=np.array([step.text for step in COMMON]),
    )


def frozen(cache: Path) -> tuple[Encoder, Floats]:
    """Return the frozen encoder, and the way from English to French in its space."""
    model, tokenizer = encoder_files(locate(ENCODER, cache))
    with np.load(next(iter(sorted(locate(HEADS, cache).glob("*.npz"))))) as heads:
        shift = heads["shift"]
    name = f"{model.stem}@sha256:{digest(model)[:8]}"
    return onnx_encoder(model, tokenizer, name=name, workers=1), shift


def recipe(arguments: argparse.Namespace) -> str:
    """Return a digest of all that a member depends on but its seed: an interrupted run goes on."""
    sources = [Path(module.__file__ or "") for module in (next_action_data, next_action_net)]
    sources += sorted(Path(next_action.__file__).parent.glob("*.py"))
    chosen = [arguments.epochs, arguments.hold, arguments.without, arguments.fraction]
    parts = [json.dumps(chosen).encode(), *(source.read_bytes() for source in sources)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def members(
    arguments: argparse.Namespace, data: Decisions, known: Known, training: Ints, scored: Ints
) -> list[NextActionNet]:
    """Train the members that an earlier run has not left in the cache."""

    def told(epoch: int, net: NextActionNet) -> None:
        line: dict[str, float] = {"epoch": epoch, "cpu_s": round(time.process_time())}
        if arguments.each_epoch:
            line |= figures(by_name(data, scored, scores_of(net, data, known, scored), 1.0))
        print(json.dumps(line), file=sys.stderr, flush=True)

    nets = []
    for seed in range(arguments.members):
        kept = arguments.cache / f"next-action-{recipe(arguments)}-{seed}.npz"
        net = NextActionNet(len(data.names), len(data.flows))
        if kept.exists():
            with np.load(kept) as stored:
                net.load_state_dict({name: torch.from_numpy(stored[name]) for name in stored})
        else:
            net = train(data, known, training, epochs=arguments.epochs, seed=seed, progress=told)
            np.savez(kept, **{name: weight.numpy() for name, weight in net.state_dict().items()})
        nets.append(net)
    return nets


def alone(
    data: Decisions, tasks: Sequence[str], scored: Ints, ranked: Sequence[Any]
) -> dict[str, Any]:
    """Return the figures of the dialogues about one task alone, for each of ``tasks``."""
    about = [data.dialogues[dialogue].tasks for dialogue in data.dialogue[scored]]
    pairs = {
        task: [pair for pair, its in zip(ranked, about, strict=True) if its == (task,)]
        for task in tasks
    }
    return {task: figures(found) for task, found in pairs.items() if found}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, score, and write the weights when they are asked for."""
    encoder, shift = frozen(arguments.cache)
    try:
        data, space = load(arguments.data, encoder, EmbeddingCache(arguments.cache), shift)
    finally:
        encoder.close()
    without(data, arguments.without)
    training, scored = split(data, frozenset(arguments.hold), arguments.fraction)
    known = Known.of(data, training)
    nets = members(arguments, data, known, training, scored)
    every = [scores_of(net, data, known, scored) for net in nets]
    mean = [np.mean(parts, axis=0) for parts in zip(*every, strict=True)]
    temperature = best_temperature(data, scored, mean)
    ranked = by_name(data, scored, mean, temperature)
    report: dict[str, Any] = {
        **figures(ranked),
        "trained_on": len(training),
        "temperature": round(temperature, 3),
        "calibration_error": calibration_error(ranked),
        "selective": selective(ranked),
        "alone": alone(data, arguments.hold, scored, ranked),
    }
    if arguments.out:
        save(arguments.out, nets, data, known, space, temperature)
        report["sha256"], report["size"] = sha256(arguments.out), arguments.out.stat().st_size
    return report


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "souffleur-training")
    parser.add_argument("--members", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--hold", type=_names, default=[])
    parser.add_argument("--without", type=_names, default=[])
    parser.add_argument("--fraction", type=float, default=1.0)
    parser.add_argument("--each-epoch", action="store_true")
    torch.set_num_threads(1)
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
