"""Turns whose words belong to one intent and whose request is another's: how they are read.

    python -m tests.evals.contrast_turns [--data-dir DIR] [--errors]

Prints one JSON object: the share of turns read right, the share answered, and of the answers the
share that is right; with ``--errors`` each mistake first.
"""

from pathlib import Path

from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import load_encoder
from services.assist.heads import build_heads
from services.assist.playbooks import load_playbook
from services.kit.settings import Settings
from tests.evals.assist_turns import Row, main, read, rows


async def measure(data_dir: Path) -> tuple[Row, list[str]]:
    """Return the figures, under ``contrasts``, and the mistakes."""
    encoder = load_encoder(Settings(data_dir=data_dir))
    try:
        cache = EmbeddingCache(data_dir / "embeddings")
        heads = await build_heads(load_playbook("general"), encoder, cache, data_dir)
        heads = tuple(head for head in heads if head.name == "intent")
        turns = rows("contrast_turns")
        said = [(row, (await read(heads, encoder, "customer", row))["intent"]) for row in turns]
    finally:
        encoder.close()
    answered = [(row, intent) for row, intent in said if intent.label is not None]
    right = sum(intent.label in row["intents"] for row, intent in answered)
    mistakes = [
        f"{row['intents']} {[(s.label, round(s.confidence, 2)) for s in intent.top]} {row['text']}"
        for row, intent in said
        if intent.label not in row["intents"]
    ]
    figures = {
        "turns": len(said),
        "right": round(right / len(said), 3),
        "answered": round(len(answered) / len(said), 3),
        "right_of_answered": round(right / max(1, len(answered)), 3),
    }
    return {"contrasts": figures}, mistakes


if __name__ == "__main__":
    main(measure, __doc__)
