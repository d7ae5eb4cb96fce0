"""The recipes of CONTRIBUTING.md are run: a newcomer who copies them gets what they promise."""

import importlib.util
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from services.assist import heads, suggesters
from services.assist.context import Context
from services.assist.encoder import Encoding
from services.assist.folding import apply
from services.assist.playbooks import load_playbook
from services.contracts.conversation import ConversationStarted, Turn
from services.contracts.customer import ContextUpdated, Customer, HistoryItem
from services.contracts.events import ContextUpdatedEvent, ConversationStartedEvent, TurnFinalEvent
from services.gateway import channels
from services.gateway.channels.base import ChatTurn, ConversationOpened, Finished, Handshake
from services.transcribe import engines
from tests.fakes.kept import KEPT_DATA_DIR

ROOT = Path(__file__).parents[2]
TRAINED = heads.trained_heads(heads.trained_weights(KEPT_DATA_DIR))
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def recipe(name: str, directory: Path) -> ModuleType:
    match = re.search(rf"<!-- recipe: {name} -->\n```python\n(.*?)```", GUIDE, re.S)
    assert match, f"CONTRIBUTING.md has no recipe for a {name}"
    path = directory / f"recipe_{name}.py"
    path.write_text(match[1])
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def turn(text: str, role: str = "customer") -> Turn:
    return Turn(id="t1", role=role, text=text, start_ms=0, end_ms=0, channel="chat")


def test_the_channel(tmp_path: Path) -> None:
    codec: channels.Codec = recipe("channel", tmp_path).LineChatCodec(Handshake())
    assert codec.receive_text("Bonjour") == [
        ConversationOpened(channel="chat"),
        ChatTurn(role="customer", text="Bonjour"),
    ]
    assert codec.receive_text("bye") == [Finished()]
    [refused] = codec.receive_bytes(b"\0")
    assert refused.fatal
    codec.started("c1", [], 0.0)
    assert codec.data_to_send() == ["+ c1"]
    assert codec.data_to_send() == []


def test_the_head(tmp_path: Path) -> None:
    direction = np.zeros(384, np.float32)
    direction[0] = 8.0
    head: heads.Head = recipe("head", tmp_path).QuestionHead(direction)
    states = np.zeros((2, 384), np.float32)
    states[0, 1] = states[1, 0] = 1.0
    first, second = "Je vous écris au sujet de ma commande.", "Pourquoi est-elle en retard ?"
    text = f"{first} {second}"
    places = np.array([[0, len(first)], [len(first) + 1, len(text)]], np.int32)
    encoding = Encoding(states.mean(axis=0), states, places)
    assert head.applies(turn(text))
    assert not head.applies(turn(text, "adviser"))
    prediction = head.predict(encoding, turn(text))
    assert prediction.label == "question"
    assert prediction.confidence > 0.9
    start, end = head.best_span(encoding, text, "question")
    assert text[start:end] == second


def test_the_suggestion(tmp_path: Path) -> None:
    suggester: suggesters.Suggester = recipe("suggester", tmp_path).PromiseReminder(
        load_playbook("general")
    )
    item = HistoryItem(
        id="h1",
        at=datetime(2026, 11, 18, tzinfo=UTC),
        channel="voice",
        summary="Colis absent",
        outcome="promised",
        promise="Rappel sous 48 heures",
        origin="CRM",
    )
    customer = Customer(id="c", version=1, updated_at=NOW, history=(item,))
    started = ConversationStarted(channel="chat", customer_id="c", language="fr")
    context = Context()
    for event in (
        ConversationStartedEvent(conversation_id="x", time=NOW, data=started),
        ContextUpdatedEvent(conversation_id="x", time=NOW, data=ContextUpdated(customer=customer)),
        TurnFinalEvent(conversation_id="x", time=NOW, data=turn("Bonjour")),
    ):
        context = apply(context, event)
    [candidate] = suggester.propose(context, NOW)
    assert candidate.suggestion.evidence[0].value == "Rappel sous 48 heures"
    assert not suggester.propose(Context(), NOW)


@pytest.mark.parametrize(
    ("folder", "listed", "parts"),
    [
        (
            "gateway/channels",
            [c.codec.__module__ for c in channels.CHANNELS],
            {"base", "frames", "audiohook_messages", "media_streams", "call_details", "samples"}
            | {"timeline", "audiosocket", "first_message"},
        ),
        ("transcribe/engines", [e.__module__ for e in engines.ENGINES], {"port"}),
        ("assist/suggesters", [s.__module__ for s in suggesters.SUGGESTERS], {"suggester"}),
        (
            "assist/heads",
            [*(m.__name__ for m in heads.FITTED), *(type(head).__module__ for head in TRAINED)],
            {"head", "few_shot", "labelled_rows", "kernel_ridge", "centring", "calibration"}
            | {"detectors", "playbook_head", "sentences", "small_talk", "trained", "lapack"},
        ),
    ],
)
def test_every_extension_is_listed(folder: str, listed: list[str], parts: set[str]) -> None:
    """A file in an extension folder is listed there, or is one of the parts that they share."""
    files = {path.stem for path in (ROOT / "services" / folder).glob("*.py")} - {"__init__"}
    assert files - parts == {module.rsplit(".", 1)[1] for module in listed}
