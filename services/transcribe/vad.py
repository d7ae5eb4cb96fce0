"""Voice activity: Silero's probability of speech for each 32 ms frame, with state per stream."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.kit.errors import Unavailable
from services.transcribe.audio import SAMPLE_RATE, Samples

FRAME = 512
"""Samples of one decision."""

FRAME_MS = 1000 * FRAME // SAMPLE_RATE

_CONTEXT = 64
_STATE = 128


def silero_path() -> Path:
    """Return the Silero weights that faster-whisper carries, without importing that package.

    Raises:
        Unavailable: when they are not installed.
    """
    spec = importlib.util.find_spec("faster_whisper")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(place, "assets").glob("silero_vad*.onnx")):
            return path
    raise Unavailable("no Silero weights: reinstall faster-whisper (pip install faster-whisper)")


class SileroModel:
    """The weights, shared by every stream; a call is safe from any thread.

    Silero VAD v6 (MIT, github.com/snakers4/silero-vad), one thread.
    """

    def __init__(self, path: Path | None = None) -> None:
        options = ort.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = ort.InferenceSession(
            str(path or silero_path()), options, providers=["CPUExecutionProvider"]
        )

    def run(
        self, frames: Samples, hidden: NDArray[np.float32], cell: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return the probability of each frame and the new state.

        Args:
            frames: (n, 64 + 512): each frame with the end of the one before it in front.
            hidden: (1, 1, 128) state of the stream.
            cell: (1, 1, 128) state of the stream.
        """
        feeds = {"input": frames, "h": hidden, "c": cell}
        probabilities, hidden, cell = self._session.run(None, feeds)
        return np.asarray(probabilities, np.float32).reshape(-1), hidden, cell


class VoiceActivity:
    """One stream's detector."""

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._hidden = np.zeros((1, 1, _STATE), np.float32)
        self._cell = np.zeros((1, 1, _STATE), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def feed(self, samples: Samples) -> NDArray[np.float32]:
        """Return the probability of speech of each whole frame.

        Args:
            samples: a multiple of 512 samples at 16 kHz.
        """
        if not samples.size:
            return np.zeros(0, np.float32)
        frames = samples.reshape(-1, FRAME)
        before = np.vstack([self._context[None], frames[:-1, -_CONTEXT:]])
        self._context = frames[-1, -_CONTEXT:].copy()
        probabilities, self._hidden, self._cell = self._model.run(
            np.hstack([before, frames]).astype(np.float32, copy=False), self._hidden, self._cell
        )
        return probabilities
