"""The shipped policy on a flow that it has never seen, written for this test."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.assist.encoder import Encoder, load_encoder
from services.assist.next_action import Scorer, load_scorer
from services.assist.next_action.advice import SILENT_BELOW, Advice, NextActionPolicy, follows
from services.assist.next_action.features import Scene
from services.assist.next_action.flow import Flow, Step
from services.assist.next_action.history import Event, LookedUp, Said
from services.assist.next_action.table import ANSWER_TEXTS, lay_out
from services.kit.settings import Settings

TEXTS = {
    "hello": "Hello, how can I help?",
    "ask_name": "May I have your name, please?",
    "bike_ask_model": "Which model of bike do you have?",
    "bike_ask_fault": "What is wrong with the bike?",
    "bike_repair_booked": "Good news, your repair is booked!",
    "bike_repair_refused": "I am sorry, we cannot repair this bike.",
    "anything_else": "Is there anything else that I can do for you?",
    "goodbye_1": "Thank you and goodbye.",
}
FLOW = Flow(
    "bike_repair",
    tuple(Step(id_, text) for id_, text in TEXTS.items()),
    {
        "hello": "ask_name",
        "ask_name": "bike_ask_model",
        "bike_ask_model": "bike_ask_fault",
        "bike_ask_fault": "query",
        "query_success": "bike_repair_booked",
        "query_failure": "bike_repair_refused",
        "bike_repair_booked": "anything_else",
        "bike_repair_refused": "anything_else",
    },
)
CUSTOMER = (
    "Hi, my bike needs a repair.",
    "My name is Ana Costa.",
    "It is a city bike, a Velora 3.",
    "The chain keeps falling off.",
    "Great, thank you!",
)
ANSWERS = {True: "Repair booked.", False: "We are unable to repair this model."}


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return load_scorer(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    encoder = load_encoder(Settings(data_dir=tmp_path_factory.mktemp("data")))
    yield encoder
    encoder.close()


@pytest.fixture(scope="module")
def vectors(scorer: Scorer, encoder: Encoder) -> dict[str, np.ndarray]:
    texts = [*TEXTS.values(), *CUSTOMER, *ANSWERS.values()]
    texts += [text for answers in ANSWER_TEXTS for text in answers]
    encodings = asyncio.run(encoder.encode(texts))
    embeddings = np.stack([encoding.embedding for encoding in encodings])
    return dict(zip(texts, scorer.space.english(embeddings), strict=True))


@pytest.fixture(scope="module")
def policy(scorer: Scorer, vectors: dict[str, np.ndarray]) -> NextActionPolicy:
    return NextActionPolicy(scorer, [FLOW], vectors.__getitem__)


@pytest.fixture(scope="module")
def story(vectors: dict[str, np.ndarray]) -> list[Event]:
    """The customer and, after each of their turns, the step of the main path."""
    steps = ("ask_name", "bike_ask_model", "bike_ask_fault")
    events: list[Event] = []
    for place, step in enumerate(steps):
        events.append(Said("customer", vectors[CUSTOMER[place]], f"c{place}"))
        events.append(Said("adviser", vectors[TEXTS[step]], f"a{place}", step))
    return [*events, Said("customer", vectors[CUSTOMER[3]], "c3")]


def search(vectors: dict[str, np.ndarray], found: bool) -> LookedUp:
    return LookedUp("bike_repair", found, {}, vectors[ANSWERS[found]])


def best(advice: Advice, count: int) -> list[str]:
    return [action for action, _ in advice.ranked[:count]]


@pytest.mark.parametrize(
    ("turns", "wanted"), [(3, "bike_ask_model"), (5, "bike_ask_fault")], ids=["second", "third"]
)
def test_it_goes_on_along_a_flow_that_it_never_saw(
    policy: NextActionPolicy, story: list[Event], turns: int, wanted: str
) -> None:
    assert wanted in best(policy.advise(story[:turns]), 2)


@pytest.mark.parametrize(
    ("found", "wanted"), [(True, "bike_repair_booked"), (False, "bike_repair_refused")]
)
def test_it_says_what_the_search_gave(
    policy: NextActionPolicy,
    story: list[Event],
    vectors: dict[str, np.ndarray],
    found: bool,
    wanted: str,
) -> None:
    advice = policy.advise([*story, search(vectors, found)])
    assert best(advice, 1) == [wanted]
    assert advice.action == wanted
    assert advice.reason is not None
    assert advice.reason.source == "search"
    assert (advice.reason.after, advice.reason.distance) == ("bike_ask_fault", 1)


def test_it_closes_after_the_result(
    policy: NextActionPolicy, story: list[Event], vectors: dict[str, np.ndarray]
) -> None:
    events = [
        *story,
        search(vectors, True),
        Said("adviser", vectors[TEXTS["bike_repair_booked"]], "a3", "bike_repair_booked"),
        Said("customer", vectors[CUSTOMER[4]], "c4"),
    ]
    assert set(best(policy.advise(events), 2)) == {"anything_else", "goodbye_1"}


def test_what_it_is_unsure_of_it_keeps_to_itself() -> None:
    assert Advice((("a", SILENT_BELOW - 0.01), ("b", 0.2)), None).action is None
    assert Advice((("a", SILENT_BELOW), ("b", 0.2)), None).action == "a"
    assert Advice((), None).action is None


def test_probabilities_add_up_and_repeat(policy: NextActionPolicy, story: list[Event]) -> None:
    first, second = policy.advise(story), policy.advise(list(story))
    assert first == second
    assert sum(share for _, share in first.ranked) == pytest.approx(1, abs=1e-5)


def test_an_empty_flow_gets_no_advice(scorer: Scorer, vectors: dict[str, np.ndarray]) -> None:
    advice = NextActionPolicy(scorer, [Flow("empty", ())], vectors.__getitem__).advise([])
    assert advice.action is None


def test_a_name_of_a_known_flow_says_nothing_in_a_new_one(
    scorer: Scorer, vectors: dict[str, np.ndarray]
) -> None:
    flow = Flow("other", (Step("bank_ask_pin", TEXTS["ask_name"]), FLOW.steps[1]))
    ids = scorer.recalled(lay_out([flow], (), vectors.__getitem__)).ids
    assert ids[0] == -1
    assert ids[1] >= 0


def test_the_step_before_is_the_nearest_that_was_done(
    vectors: dict[str, np.ndarray], story: list[Event]
) -> None:
    table = lay_out([FLOW], (), vectors.__getitem__)
    assert follows(table, story, "bike_ask_fault") == ("bike_ask_model", 1)
    assert follows(table, story, "goodbye_1") == (None, 0)


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "next-action-0.npz", features=np.array(["something"]))
    with pytest.raises(ValueError, match="train it again"):
        Scorer.read(tmp_path / "next-action-0.npz")


def test_a_decision_on_nothing_is_finite(scorer: Scorer, vectors: dict[str, np.ndarray]) -> None:
    table = lay_out([FLOW], scorer.common, lambda text: vectors.get(text, np.zeros(384)))
    assert np.isfinite(scorer.scores(table, Scene.of([]))).all()
