"""What is done with memory once everything is loaded, so that turns cost less.

The encoder's weights push everything else out of the processor's caches at each turn, the tables
that say where a page lies too: what comes after the pass pays for every small page that it touches.
Hence large pages (Linux only; elsewhere nothing happens).
"""

import ctypes
import gc
import re
from collections.abc import Iterator
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_MAPPING = re.compile(r"(\w+)-(\w+) rw-p \w+ \S+ 0 +(\[heap\]|\[anon.*)?$")
_LARGE = 2 << 20
_COLLAPSE = 25
"""``MADV_COLLAPSE`` of Linux 6.1: make these pages a large one now."""


_OBJECTS_A_ROUND = 50_000
"""Objects made between the collector's small rounds: some dozen turns."""


def settle_memory() -> None:
    """Take what was loaded out of the collector's rounds, and move it to large pages.

    It lives as long as the process. A playbook and its models are some hundred thousand objects;
    walking them costs a full round tens of milliseconds, in the middle of a turn. A turn makes some
    thousand objects that all die with it without the collector: asked every 700, it would come by
    several times for nothing. Takes about a second the first time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_ROUND, 20, 50)
    use_large_pages()


def use_large_pages() -> int:
    """Move the process's own memory to large pages, as far as it can be; return how many there are.

    Takes 3 ms for each of 2 MiB, once, and no more memory than the gaps between small pages.
    """
    try:
        advise = ctypes.CDLL(None).madvise
        ranges = list(_own_memory())
    except (OSError, AttributeError):
        return 0
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return sum(
        advise(page, _LARGE, _COLLAPSE) == 0
        for start, end in ranges
        for page in range(start, end, _LARGE)
    )


def _own_memory() -> Iterator[tuple[int, int]]:
    """Give (start, end) of what is anonymous and private, cut to whole large pages."""
    for line in _MAPS.read_text(encoding="ascii", errors="replace").splitlines():
        found = _MAPPING.match(line)
        if found:
            start, end = -(-int(found[1], 16) // _LARGE), int(found[2], 16) // _LARGE
            if start < end:
                yield start * _LARGE, end * _LARGE
