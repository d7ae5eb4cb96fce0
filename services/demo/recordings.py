"""Reading what is to be replayed: two-sided audio, two one-sided files, or a chat in JSON lines."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr
from pydantic import Field, ValidationError

from services.contracts.audio import SpeechRole
from services.contracts.base import Contract, Role
from services.contracts.conversation import TurnText
from services.kit.errors import InvalidInput, MalformedInput, NotFound

FRAME_MS = 20
"""Audio travels in frames of 20 ms, as on a telephone line."""

WIRE_RATES = (8_000, 16_000)

_UNTIMED_GAP_S = 2.0
"""Between turns of a chat that gives no times."""


@dataclass(frozen=True)
class AudioRecording:
    """PCM to stream. ``role`` is None for two channels (left customer, right adviser)."""

    samples: npt.NDArray[np.int16]
    sample_rate: int
    role: SpeechRole | None = None

    @property
    def channels(self) -> int:
        """1 or 2."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def frames(self) -> list[bytes]:
        """Return the audio as little-endian PCM in pieces of 20 ms (the last may be shorter)."""
        size = self.sample_rate * FRAME_MS // 1000
        pcm = self.samples.astype("<i2")
        return [pcm[start : start + size].tobytes() for start in range(0, len(pcm), size)]


class ChatLine(Contract):
    """One line of a chat file; ``at`` is seconds from the start."""

    role: Role
    text: TurnText
    at: Annotated[float, Field(ge=0)] | None = None


@dataclass(frozen=True)
class ChatRecording:
    """Turns with the second at which each is sent."""

    turns: tuple[tuple[float, ChatLine], ...]


Recording = AudioRecording | ChatRecording


def read_recording(
    path: Path | None, customer: Path | None = None, adviser: Path | None = None
) -> Recording:
    """Read ``path`` (stereo WAV or FLAC, or ``.jsonl``), or one file for each participant.

    Raises:
        NotFound: when a file is not there.
        InvalidInput: when the combination or the content does not fit.
        MalformedInput: when a file cannot be read as what it should be.
    """
    if (path is None) == (customer is None and adviser is None):
        msg = "Give either one file, or --customer and/or --adviser."
        raise InvalidInput(msg, field="path")
    if path is None:
        return _read_sides(customer, adviser)
    if path.suffix == ".jsonl":
        return read_chat(path)
    samples, rate = _read_audio(path, "path")
    if samples.shape[1] != 2:
        msg = (
            f"{path.name} has {samples.shape[1]} channel(s); give a stereo file (left customer, "
            "right adviser), or name each side with --customer and --adviser."
        )
        raise InvalidInput(msg, field="path")
    return AudioRecording(samples, rate)


def read_chat(path: Path) -> ChatRecording:
    """Read a chat: one JSON object ``{"role","text","at"?}`` a line; blank lines are skipped.

    Raises:
        InvalidInput, MalformedInput, NotFound: names the line, and the field where there is one.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", field="path") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = f"{path.name}, line {line}: not UTF-8; save the file as UTF-8."
        raise MalformedInput(msg, field="path") from None
    turns: list[tuple[float, ChatLine]] = []
    latest = 0.0
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        turn = _chat_line(text, f"{path.name}, line {number}")
        at = turn.at if turn.at is not None else latest + (_UNTIMED_GAP_S if turns else 0.0)
        if at < latest:
            msg = f"{path.name}, line {number}: {at} s is before the turn above ({latest} s)."
            raise InvalidInput(msg, field="at")
        turns.append((at, turn))
        latest = at
    if not turns:
        raise InvalidInput(f"{path.name} holds no turn.", field="path")
    return ChatRecording(tuple(turns))


def _chat_line(text: str, where: str) -> ChatLine:
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedInput(f"{where}: not JSON ({error.msg}, column {error.colno}).") from None
    try:
        return ChatLine.model_validate(body)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise InvalidInput(f"{where}: {first['msg']}.", field=field) from None


def _read_sides(customer: Path | None, adviser: Path | None) -> AudioRecording:
    sides: dict[SpeechRole, tuple[npt.NDArray[np.int16], int]] = {}
    named: tuple[tuple[SpeechRole, Path | None], ...] = (
        ("customer", customer),
        ("adviser", adviser),
    )
    for role, path in named:
        if path is None:
            continue
        samples, rate = _read_audio(path, role)
        if samples.shape[1] != 1:
            msg = f"{path.name} has {samples.shape[1]} channels; one side is a mono file."
            raise InvalidInput(msg, field=role)
        sides[role] = samples, rate
    if len(sides) == 1:
        ((role, (samples, rate)),) = sides.items()
        return AudioRecording(samples, rate, role)
    (left, left_rate), (right, right_rate) = sides["customer"], sides["adviser"]
    if left_rate != right_rate:
        msg = f"The sides differ in sample rate ({left_rate} and {right_rate} Hz)."
        raise InvalidInput(msg, field="adviser")
    both = np.zeros((max(len(left), len(right)), 2), dtype=np.int16)
    both[: len(left), 0], both[: len(right), 1] = left[:, 0], right[:, 0]
    return AudioRecording(both, left_rate)


def _read_audio(path: Path, field: str) -> tuple[npt.NDArray[np.int16], int]:
    """Return samples (n, channels) at a rate that the wire knows."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", field=field)
    try:
        samples, rate = sf.read(path, dtype="int16", always_2d=True)
    except sf.LibsndfileError as error:
        msg = f"{path.name} cannot be read as audio ({error.error_string}); use WAV or FLAC."
        raise MalformedInput(msg, field=field) from None
    if not len(samples):
        raise InvalidInput(f"{path.name} holds no sound.", field=field)
    if rate not in WIRE_RATES:
        samples, rate = soxr.resample(samples, rate, 16_000), 16_000
    return np.asarray(samples, dtype=np.int16), int(rate)
