"""The sample conversations hold together: scripts, records, audio, and the size they may have."""

import re
from datetime import date, timedelta

import pytest
import soundfile as sf

from services.demo.recordings import ChatRecording, read_chat
from services.demo.stories import DATA, STORY_IDS, load_stories, load_story, shift_dates
from services.kit.errors import InvalidInput

TODAY = date(2027, 3, 9)
PLAYBOOK_FIELDS = {
    "order_id", "order_status", "order_expected_date", "carrier", "order_amount", "plan",
    "monthly_amount", "previous_monthly_amount", "invoice_id", "payment_status", "contract_end",
    "tenure_months", "identity_verified", "refund_status", "line_status", "appointment_at",
}  # fmt: skip


@pytest.fixture(params=STORY_IDS)
def story_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_folder_is_a_listed_story() -> None:
    assert {path.name for path in DATA.iterdir() if path.is_dir()} == set(STORY_IDS)


def test_there_are_two_calls_and_a_chat_in_both_languages() -> None:
    kinds = [(story.script.channel, story.script.language) for story in load_stories(TODAY)]
    assert kinds == [("voice", "fr"), ("voice", "en"), ("chat", "fr")]


def test_a_story_has_a_promise_that_was_not_kept_and_a_known_customer(story_id: str) -> None:
    story = load_story(story_id, TODAY)

    names = [field.name for field in story.customer.fields]
    assert len(names) == len(set(names))
    assert len(PLAYBOOK_FIELDS & set(names)) >= 5
    overdue = [
        item
        for item in story.customer.history
        if item.promise and item.promise_due and item.promise_due.date() < TODAY
    ]
    assert overdue
    assert all(item.outcome == "promised" for item in overdue)
    assert [item.at for item in story.customer.history] == sorted(
        item.at for item in story.customer.history
    )
    assert max(item.at.date() for item in story.customer.history) < TODAY


def test_the_record_moves_to_the_day_it_is_played(story_id: str) -> None:
    written = load_story(story_id, load_story(story_id, TODAY).script.recorded_on)
    played = load_story(story_id, written.script.recorded_on + timedelta(days=10))

    assert [item.at for item in played.customer.history] == [
        item.at + timedelta(days=10) for item in written.customer.history
    ]
    assert [field.name for field in played.customer.fields] == [
        field.name for field in written.customer.fields
    ]


def test_dates_move_and_nothing_else_does() -> None:
    value = {
        "day": "2026-11-30", "at": "2026-11-30T10:00:00+01:00", "n": 3,
        "list": ["2026-11-30 est un lundi", "30/11"],
    }  # fmt: skip
    assert shift_dates(value, timedelta(days=2)) == {
        "day": "2026-12-02", "at": "2026-12-02T10:00:00+01:00", "n": 3,
        "list": ["2026-11-30 est un lundi", "30/11"],
    }  # fmt: skip


def test_turns_follow_each_other_with_the_pauses_of_real_talk(story_id: str) -> None:
    turns = load_story(story_id, TODAY).script.turns

    assert 18 <= len(turns) <= 30
    assert {turn.role for turn in turns} >= {"customer", "adviser"}
    assert [turn.start_ms for turn in turns] == sorted(turn.start_ms for turn in turns)
    assert not any(turn.text != re.sub(r"\s+", " ", turn.text).strip() for turn in turns)


def test_the_chat_is_its_script_and_starts_with_the_bot() -> None:
    story = load_story("resilie-mais-preleve", TODAY)
    recording = read_chat(story.path)

    assert isinstance(recording, ChatRecording)
    assert [(line.role, line.text, round(at * 1000)) for at, line in recording.turns] == [
        (turn.role, turn.text, turn.start_ms) for turn in story.script.turns
    ]
    roles = [line.role for _, line in recording.turns]
    handover = roles.index("adviser")
    assert roles[0] == "bot"
    assert "bot" not in roles[handover:]


@pytest.mark.parametrize("call", ["colis-non-recu", "bill-and-slow-line"])
def test_a_call_is_telephone_audio_as_long_as_its_script(call: str) -> None:
    story = load_story(call, TODAY)
    samples, rate = sf.read(story.path, dtype="float32", always_2d=True)

    assert (rate, samples.shape[1]) == (8_000, 2)
    assert 0.5 < len(samples) / rate - story.script.turns[-1].end_ms / 1000 < 1.5
    assert 90 < len(samples) / rate < 215
    assert any(
        after.start_ms < before.end_ms
        for before, after in zip(story.script.turns, story.script.turns[1:], strict=False)
    ), "somebody talks over somebody at least once"
    for turn in story.script.turns:
        heard = samples[turn.start_ms * 8 : turn.end_ms * 8]
        own, other = (0, 1) if turn.role == "customer" else (1, 0)
        energy = (heard**2).mean(axis=0)
        assert energy[own] > 1e-4, f"{turn.text!r} is not heard on its own side"
        assert energy[own] > 3 * energy[other], f"{turn.text!r} is on the wrong side"


def test_the_calls_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.glob("*/conversation.flac")) <= 3_000_000


def test_an_unknown_story_is_refused() -> None:
    with pytest.raises(InvalidInput, match="colis-non-recu"):
        load_story("../kit", TODAY)
