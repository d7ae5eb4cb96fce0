"""Compare how little a final may spend: CPU time and word error rate over the two demo calls.

``python -m tests.bench.bench_speech_windows [8,2,2 8,5,2 ...] [--silence-ms MS] [--cut script]``

Each configuration is LEAST,MARGIN,BEAM (``engines.whisper.Thrift``: seconds, seconds, hypotheses).
Both sides of both calls, as 8 kHz mu-law, are cut into utterances as in service (or, with
``--cut script``, at the script's times), each is recognised in the call's language, and what was
heard is compared with the script. Prints one JSON object a configuration and call.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from services.contracts.audio import LegStart
from services.contracts.base import Language
from services.evaluation.wer import word_error_rate
from services.kit import modelstore
from services.kit.settings import Settings
from services.transcribe import guards
from services.transcribe.audio import SAMPLE_RATE, AudioDecoder, Samples
from services.transcribe.endpointing import Rules
from services.transcribe.engines.whisper import Thrift, WhisperEngine
from services.transcribe.listening import Listener
from services.transcribe.vad import SileroModel
from tests.bench.bench_transcribe import ROLES, load

DATA = Path(__file__).parents[2] / "services" / "demo" / "data"
CALLS: dict[str, Language] = {"colis-non-recu": "fr", "bill-and-slow-line": "en"}
PAD_S = 0.3

Piece = tuple[str, Samples]
"""The key that pairs an utterance with what was said, and its audio."""


def heard_pieces(side: bytes, key: str, rules: Rules) -> list[Piece]:
    """Cut one side as the service does; a side is compared as a whole."""
    leg = LegStart(
        tenant="bench",
        conversation_id="call",
        leg_id=key,
        role="customer",
        encoding="mulaw",
        sample_rate=8000,
    )
    listener = Listener(leg, SileroModel(), rules=rules)
    heard = listener.push(side) + listener.finish()
    return [(key, utterance.samples) for utterance in heard if utterance.final]


def script_pieces(side: bytes, turns: list[tuple[str, int, int]]) -> list[Piece]:
    """Cut one side at the script's times, with a little silence around each turn."""
    decoder = AudioDecoder("mulaw", 8000)
    audio = decoder.push(side)
    return [
        (
            key,
            audio[
                max(0, round((start / 1000 - PAD_S) * SAMPLE_RATE)) : round(
                    (end / 1000 + PAD_S) * SAMPLE_RATE
                )
            ],
        )
        for key, start, end in turns
    ]


def cut(call: str, how: str, rules: Rules) -> tuple[dict[str, str], list[Piece], int]:
    """Return what was said by key, the utterances, and how many turns the script has."""
    script = json.loads((DATA / call / "script.json").read_text())["turns"]
    said: dict[str, str] = {}
    pieces: list[Piece] = []
    for role, side in zip(ROLES, load(DATA / call / "conversation.flac", None), strict=True):
        turns = [turn for turn in script if turn["role"] == role]
        if how == "heard":
            said[role] = " ".join(turn["text"] for turn in turns)
            pieces += heard_pieces(side, role, rules)
        else:
            timed = [(f"{role}-{at}", t["start_ms"], t["end_ms"]) for at, t in enumerate(turns)]
            said |= {key: turn["text"] for (key, _, _), turn in zip(timed, turns, strict=True)}
            pieces += script_pieces(side, timed)
    return said, pieces, len(script)


def measure(engine: WhisperEngine, call: str, options: argparse.Namespace) -> dict[str, object]:
    """Recognise one call and return its figures."""
    language = CALLS[call]
    rules = replace(Rules(), silence_ms=options.silence_ms)
    said, pieces, turns = cut(call, options.cut, rules)

    def text(piece: Piece) -> str:
        heard = engine.transcribe(piece[1], language, final=True, words=False)
        refused = guards.rejection(heard, len(piece[1]) / SAMPLE_RATE) is not None
        return "" if refused else heard.text

    cpu = time.process_time()
    with ThreadPoolExecutor(2) as threads:
        texts = list(threads.map(text, pieces))
    cpu = time.process_time() - cpu
    heard = dict.fromkeys(said, "")
    for (key, _), words in zip(pieces, texts, strict=True):
        heard[key] += " " + words
    if options.turns:
        sys.stderr.write("\n".join(texts) + "\n")
    return {
        "call": call,
        "script_turns": turns,
        "utterances": len(pieces),
        "cpu_s_per_utterance": round(cpu / len(pieces), 3),
        "wer": round(word_error_rate([(said[key], heard[key]) for key in said], language), 3),
    }


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("configurations", nargs="*", default=["8,2,2"])
    parser.add_argument("--cut", choices=("heard", "script"), default="heard")
    parser.add_argument("--silence-ms", type=int, default=Rules().silence_ms)
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--turns", action="store_true", help="list what was heard, on stderr")
    options = parser.parse_args()
    directory = modelstore.locate("whisper-base", options.data_dir or Settings().data_dir)
    for configuration in options.configurations:
        least, margin, beam = configuration.split(",")
        thrift = Thrift(float(least), float(margin), int(beam))
        engine = WhisperEngine(directory, thrift=thrift)
        for call in CALLS:
            figures = {"window": configuration} | measure(engine, call, options)
            sys.stdout.write(json.dumps(figures) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
