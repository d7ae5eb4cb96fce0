"""Runs every benchmark, one after the other, and prints its JSON beside the command that made it.

make bench                  # about ten minutes on two cores; leave the machine alone meanwhile
make bench ARGS="chat"      # those whose name begins so
"""

import subprocess
import sys

TRANSCRIBE = "tests.bench.bench_transcribe"
FRENCH = "services/demo/data/colis-non-recu/conversation.flac"
ENGLISH = "services/demo/data/bill-and-slow-line/conversation.flac"
BENCHES: dict[str, list[str]] = {
    "journal": ["tests.bench.bench_journal"],
    "chat": ["tests.bench.bench_chat"],
    "assist": ["tests.bench.bench_assist"],
    "models": ["tests.bench.bench_models"],
    "playbooks": ["tests.bench.bench_playbooks"],
    "audiohook": ["tests.bench.bench_audiohook"],
    "call-fr": [TRANSCRIBE, FRENCH, "--seconds", "90"],
    "call-en": [TRANSCRIBE, ENGLISH, "--seconds", "90"],
    "calls-8": [TRANSCRIBE, ENGLISH, "--seconds", "60", "--calls", "8", "--partials"],
}


def main() -> None:
    """Run the benchmarks whose names begin with one of the arguments, or all."""
    wanted = tuple(sys.argv[1:]) or ("",)
    failed = False
    for name, arguments in BENCHES.items():
        if not name.startswith(wanted):
            continue
        print(f"{name}: python -m {' '.join(arguments)}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", *arguments], check=False).returncode != 0
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
