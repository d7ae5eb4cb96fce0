"""What tests keep between runs: embeddings of the playbook, which take 15 s of CPU to make."""

import os
from pathlib import Path

KEPT_DATA_DIR = (
    Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "souffleur-tests" / "data"
)
"""A data directory; the embeddings in it are keyed by the digests of model and text, so they cannot
be stale."""
