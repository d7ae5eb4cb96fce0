"""What is loaded moves to large pages, unchanged; where that cannot be, nothing happens."""

import gc
from pathlib import Path

import numpy as np
import pytest

from services.assist import settling


def large_kib() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages"))


@pytest.fixture
def madvise_collapses() -> None:
    if not Path("/sys/kernel/mm/transparent_hugepage").exists():
        pytest.skip("this kernel has no large pages of its own accord")


@pytest.mark.usefixtures("madvise_collapses")
def test_memory_moves_to_large_pages_and_stays_as_it_was() -> None:
    numbers = np.arange(8_000_000, dtype=np.float64)  # 61 MiB
    pages = settling.use_large_pages()
    if not pages:
        pytest.skip("this kernel makes no large pages on demand")
    assert pages >= 29
    assert large_kib() >= 29 * 2048
    assert np.array_equal(numbers, np.arange(8_000_000, dtype=np.float64))


def test_without_a_map_of_memory_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settling, "_MAPS", tmp_path / "none")
    assert settling.use_large_pages() == 0


def test_what_was_loaded_is_out_of_the_collectors_rounds() -> None:
    before = gc.get_threshold()
    try:
        settling.settle_memory()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == 50_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
