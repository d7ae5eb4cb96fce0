"""CPU that all models together take of one customer turn, on one thread: 30 and 136 tokens.

    python -m tests.bench.bench_models [--rounds 60] [--data-dir DIR]

Prints one JSON object; exits with 1 when a median is above its bound. A round reads one turn of
each length, with every head and with the encoder alone, one after the other, so that a noisy
machine weighs on all alike; the medians of CPU time are told.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from services.assist.analyst import Analyst
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import MODEL, encoder_files, load_encoder
from services.assist.heads import build_heads
from services.assist.playbooks import load_playbook
from services.assist.tokens import TurnTokenizer
from services.contracts.conversation import Turn
from services.kit.clock import SYSTEM_CLOCK
from services.kit.modelstore import locate
from services.kit.settings import Settings

BOUNDS_MS = {30: 12.0, 136: 45.0}
"""Tokens of a turn, and the CPU milliseconds that all models together may take of it."""

CLAIM = """
Bonjour, je vous appelle parce que ma box ne marche plus depuis mardi et que le technicien qui
devait passer hier matin n'est jamais venu. J'ai déjà expliqué tout cela deux fois à vos collègues,
on m'avait promis un rappel sous quarante-huit heures et je n'ai rien reçu du tout. Je travaille de
chez moi, je ne peux pas rester sans connexion, et je paie quand même mon abonnement de trente-neuf
euros chaque mois. Alors soit vous m'envoyez quelqu'un cette semaine, soit je résilie et je pars à
la concurrence. Je voudrais aussi un geste commercial pour les jours perdus, et qu'on me confirme le
rendez-vous par courriel, s'il vous plaît. Merci d'avance.
"""


def cut(tokenizer: TurnTokenizer, tokens: int) -> str:
    """Return the beginning of ``CLAIM`` that has at most so many tokens."""
    words = CLAIM.split()
    fitting = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next(text for text in fitting if len(tokenizer.tokenize(text).ids) <= tokens)


async def cpu_ms(read: Callable[[], Awaitable[Any]]) -> float:
    """Return the CPU milliseconds of one reading, all threads of the process together."""
    started = time.process_time()
    await read()
    return 1000 * (time.process_time() - started)


async def measure(rounds: int, data_dir: Path) -> dict[str, Any]:
    """Return the figures."""
    settings = Settings(data_dir=data_dir, encoder_workers=1)
    encoder = load_encoder(settings)
    try:
        cache = EmbeddingCache(data_dir / "embeddings")
        heads = await build_heads(load_playbook("general"), encoder, cache, data_dir)
        analyst = Analyst(encoder, heads, SYSTEM_CLOCK)
        tokenizer = TurnTokenizer(encoder_files(locate(MODEL, data_dir))[1])
        found: dict[str, list[float]] = {}
        for number in range(rounds + 5):
            for tokens in BOUNDS_MS:
                text = cut(tokenizer, tokens)
                turn = Turn(
                    id="turn",
                    role="customer",
                    text=text,
                    language="fr",
                    start_ms=0,
                    end_ms=1000 * number,
                    channel="voice",
                )
                whole = await cpu_ms(lambda turn=turn: analyst.read(turn))
                alone = await cpu_ms(lambda text=text: encoder.encode([text]))
                if number >= 5:  # the first ones warm up
                    found.setdefault(f"all_{tokens}", []).append(whole)
                    found.setdefault(f"encoder_{tokens}", []).append(alone)
    finally:
        encoder.close()
    medians = {name: round(statistics.median(values), 2) for name, values in found.items()}
    within = all(medians[f"all_{tokens}"] <= bound for tokens, bound in BOUNDS_MS.items())
    return {"cpu_ms": medians, "bounds_ms": BOUNDS_MS, "heads": len(heads), "within": within}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--data-dir", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = asyncio.run(measure(given.rounds, given.data_dir or Path(scratch)))
    print(json.dumps(figures))
    sys.exit(not figures["within"])


if __name__ == "__main__":
    main()
