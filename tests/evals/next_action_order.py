"""Is the top card the one to want? ``python -m tests.evals.next_action_order``.

    [--data-dir DIR] [--errors] [--stories]

Prints one JSON object: how often the first of the playbook's allowed actions is right in the
situations of ``data/next_action_situations.jsonl``, with the learned leaning of the customer's
words and without. ``--stories`` first lists the allowed actions after each customer turn of the
sample conversations, with and without it where they differ.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.assist.analyst import Analyst
from services.assist.context import Context
from services.assist.customer.history import Fact, facts_of
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import load_encoder
from services.assist.folding import apply
from services.assist.heads import build_heads
from services.assist.playbooks import load_playbook
from services.assist.policy import MIN_CONFIDENCE, rank
from services.assist.suggesters.next_best_action import NextBestAction
from services.contracts.base import Language, Role
from services.contracts.conversation import Turn
from services.contracts.customer import Customer
from services.contracts.events import TurnAnalysedEvent, TurnFinalEvent
from services.demo.stories import load_stories
from services.kit.clock import SYSTEM_CLOCK
from services.kit.settings import Settings

SITUATIONS = Path(__file__).parent / "data" / "next_action_situations.jsonl"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)

Row = dict[str, Any]


class Reader:
    """Folds turns as the live pipeline does, and ranks what the playbook allows."""

    def __init__(self, analyst: Analyst, suggester: NextBestAction) -> None:
        self._analyst = analyst
        self._suggester = suggester

    async def heard(self, context: Context, turn: Turn) -> Context:
        """Return the context after ``turn`` was said and read."""
        context = apply(context, TurnFinalEvent(conversation_id="c", time=NOW, data=turn))
        intents = {intent.label for intent in context.intents}
        analysis = await self._analyst.read(turn, intents, self.allowed(context))
        if analysis is None:
            return context
        return apply(context, TurnAnalysedEvent(conversation_id="c", time=NOW, data=analysis))

    def allowed(self, context: Context) -> list[str]:
        """Return the actions sure enough for a card, best first."""
        cards = sorted(self._suggester.propose(context, NOW), key=rank)
        least = MIN_CONFIDENCE["next_best_action"]
        return [c.suggestion.subject for c in cards if c.suggestion.confidence >= least]


def turns(said: Sequence[tuple[Role, str]], language: Language) -> Iterator[Turn]:
    """Return the turns of a situation."""
    for number, (role, text) in enumerate(said):
        turn = Turn(id=f"t{number}", role=role, text=text, start_ms=0, end_ms=0, channel="chat")
        yield turn.model_copy(update={"language": language})


def plain(context: Context) -> Context:
    """Return the context as if no words leaned anywhere."""
    return replace(context, leanings={})


async def situations(reader: Reader) -> tuple[Row, list[str]]:
    """Score the situations, and list the wrong ones."""
    right = {"learned": 0, "without": 0}
    allowed = count = 0
    errors = []
    for row in map(json.loads, SITUATIONS.read_text().splitlines()):
        facts = {name: Fact(value, "crm", NOW) for name, value in row["facts"].items()}
        context = Context(declared_language=row["lang"], facts=facts)
        for turn in turns(row["turns"], row["lang"]):
            context = await reader.heard(context, turn)
        learned, without = reader.allowed(context), reader.allowed(plain(context))
        count += 1
        allowed += bool(set(without) & set(row["best"]))
        right["learned"] += learned[:1] != [] and learned[0] in row["best"]
        right["without"] += without[:1] != [] and without[0] in row["best"]
        if not learned or learned[0] not in row["best"]:
            errors.append(f"{row['turns'][-1][1]} | {learned} | {row['best']}")
    return {"situations": count, "right_action_allowed": allowed, "right_on_top": right}, errors


async def stories(reader: Reader) -> list[str]:
    """Return the allowed actions after each customer turn of the sample conversations."""
    lines = []
    for story in load_stories(NOW.date()):
        customer = Customer(
            id=story.script.customer_id,
            version=1,
            updated_at=NOW,
            **story.customer.model_dump(exclude_none=True),
        )
        context = Context(declared_language=story.script.language, facts=facts_of(customer, NOW))
        lines.append(f"== {story.script.id}")
        said = [(turn.role, turn.text) for turn in story.script.turns]
        for turn in turns(said, story.script.language):
            context = await reader.heard(context, turn)
            if turn.role != "customer":
                continue
            learned, without = reader.allowed(context)[:3], reader.allowed(plain(context))[:3]
            lines.append(f"{turn.text}\n   {learned}")
            if learned != without:
                lines.append(f"   without: {without}")
    return lines


async def run(data_dir: Path, *, errors: bool, told: bool) -> Row:
    """Load the models and score."""
    settings = Settings(data_dir=data_dir)
    encoder = load_encoder(settings)
    playbook = load_playbook("general")
    try:
        cache = EmbeddingCache(settings.data_dir / "embeddings")
        heads = await build_heads(playbook, encoder, cache, settings.data_dir)
        reader = Reader(Analyst(encoder, heads, SYSTEM_CLOCK), NextBestAction(playbook))
        if told:
            print("\n".join(await stories(reader)))  # noqa: T201 - the command's answer
        report, wrong = await situations(reader)
    finally:
        encoder.close()
    if errors:
        print("\n".join(wrong))  # noqa: T201 - the command's answer
    return report


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--stories", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        data_dir = given.data_dir or Path(fresh)
        report = asyncio.run(run(data_dir, errors=given.errors, told=given.stories))
        print(json.dumps(report))  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
