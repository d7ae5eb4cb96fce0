"""The shipped encoder, loaded once for all tests that need it."""

from functools import cache
from pathlib import Path

from services.assist.encoder import ThreadedEncoder, branch_file, encoder_files, onnx_encoder
from services.kit.modelstore import digest, models_root

WEIGHTS = models_root() / "weights"


@cache
def shipped_encoder() -> ThreadedEncoder:
    """Return the real ONNX encoder; its two threads end with the process."""
    model, tokenizer = shipped_files()
    name = f"{model.stem}@sha256:{digest(model)[:8]}"
    return onnx_encoder(model, tokenizer, name=name, workers=2, branch=branch_file(WEIGHTS))


def shipped_files() -> tuple[Path, Path]:
    """Return the paths of the encoder's graph and tokenizer."""
    return encoder_files(WEIGHTS)
