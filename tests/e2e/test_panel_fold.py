"""The panel's own rules, run as built in a real browser: its fold is the gateway's fold."""

import random
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Page

from services.assist.heads.trained import MOMENTS
from services.contracts.adviser import Screen
from services.gateway.screen import fold
from tests.fakes.panel_page import desk
from tests.fakes.panel_recording import (
    CONVERSATION,
    CUSTOMER,
    HONOUR_PROMISE,
    REPEAT_CONTACT,
    TALK,
    TRACE_PARCEL,
    Step,
    analysis,
    call,
    moment,
    opening,
    record,
    turn,
)

FOLD = """async (events) => {
    const { fold, emptyScreen } = await import("/assets/panel.js");
    let state = { cursor: "0-0", screen: emptyScreen(events[0].conversation_id) };
    for (const event of events) state = fold(state, event);
    return state;
}"""
FOLLOW = """async ([following, items, ended]) => {
    const { follow } = await import("/assets/panel.js");
    return follow(following, items, ended);
}"""
STRINGS = """async () => (await import("/assets/panel.js")).STRINGS"""
ORDER = """async ([order, ids, busy]) => {
    const { nextOrder } = await import("/assets/panel.js");
    return nextOrder(order, ids, busy);
}"""


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with desk(tmp_path) as adviser:
        yield await adviser.open(token="")


def any_step(dice: random.Random) -> Step:
    number = dice.randrange(len(TALK))
    card = dice.choice([TRACE_PARCEL, REPEAT_CONTACT, HONOUR_PROMISE])
    about = {"suggestion_id": card["id"]}
    start = {"start_ms": dice.choice([0, 500, 4_000 * number]), "end_ms": 90_000}
    verdict = dice.choice(["shown", "accepted", "edited", "dismissed"])
    changed = {"suggestion": card | {"confidence": dice.random()}, "held": dice.random() < 0.4}
    service = {"service": dice.choice(["assist", "transcribe"]), "reason": "down"}
    return dice.choice(
        [
            ("turn.partial", turn(number, final=False, text="Et si") | start),
            ("turn.final", turn(number) | start),
            ("turn.analysed", analysis(number)),
            (
                "moment.detected",
                moment(number, dice.choice(["complaint", "abuse"]), TALK[number][1][:7]),
            ),
            ("suggestion.offered", changed),
            ("suggestion.updated", changed),
            (dice.choice(["suggestion.withdrawn", "suggestion.expired"]), about),
            (f"suggestion.{verdict}", about),
            ("preferences.changed", {"quiet": dice.random() < 0.5, "kinds": {"cue": False}}),
            (dice.choice(["service.degraded", "service.restored"]), service),
            ("context.updated", {"customer": CUSTOMER | {"version": number + 1}}),
            ("conversation.transferred", {"to_adviser_id": "a2"}),
            ("conversation.ended", {"reason": "completed"}),
        ]
    )


async def test_the_panel_folds_events_as_the_gateway_does(page: Page) -> None:
    dice = random.Random(20_261_116)
    stories = [opening() + call()]
    stories += [opening() + [any_step(dice) for _ in range(60)] for _ in range(60)]
    for steps in stories:
        events = record(steps)
        wire: list[Any] = [event.wire() for event in events]
        # What comes twice, or late, changes nothing.
        for _ in range(10):
            at = dice.randrange(1, len(wire))
            wire.insert(at, wire[dice.randrange(at)])
        folded = await page.evaluate(FOLD, wire)
        expected = fold(Screen(conversation_id=CONVERSATION), events).model_dump(mode="json")
        assert folded["screen"] == expected
        assert folded["cursor"] == events[-1].id


async def test_the_newest_live_conversation_is_followed_but_never_left(page: Page) -> None:
    def item(name: str, minute: int, ended: bool = False) -> dict[str, Any]:
        at = f"2026-11-16T09:{minute:02}:00Z"
        return {"id": name, "started_at": at, "ended_at": at if ended else None}

    async def follow(
        current: str | None, *items: Any, picked: bool = False, ended: bool = False
    ) -> Any:
        return await page.evaluate(FOLLOW, [{"current": current, "picked": picked}, items, ended])

    a, b = item("a", 1), item("b", 2)
    assert await follow(None) is None
    assert await follow(None, a, b) == "b"
    assert await follow("a", a, b) == "a"
    assert await follow("a", a, b, ended=True) == "b"
    assert await follow("a", item("a", 1, ended=True), ended=True) == "a"
    assert await follow("a", b) == "a"
    assert await follow("a", b, ended=True, picked=True) == "a"


async def test_a_new_card_never_moves_the_one_under_the_hand(page: Page) -> None:
    assert await page.evaluate(ORDER, [["a", "b"], ["a", "b", "c"], False]) == ["c", "a", "b"]
    assert await page.evaluate(ORDER, [["a", "b"], ["a", "b", "c"], True]) == ["a", "b", "c"]
    assert await page.evaluate(ORDER, [["a", "b"], ["b"], True]) == ["b"]


async def test_every_moment_that_is_found_has_its_words(page: Page) -> None:
    strings = await page.evaluate(STRINGS)
    for name in MOMENTS:
        assert f"moment.{name}" in strings["fr"], name
    named = {key.removeprefix("moment.") for key in strings["fr"] if key.startswith("moment.")}
    assert named == set(MOMENTS)


async def test_both_languages_say_the_same_things_in_good_typography(page: Page) -> None:
    strings = await page.evaluate(STRINGS)
    french, english = strings["fr"], strings["en"]
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert text.strip()
        assert english[key].strip()
        assert "'" not in text + english[key], key
        assert not re.search(r"(?<![\u00a0\u202f])[;:?!»]", text), key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key
