"""The panel on a bad line: nothing is lost, nothing is doubled, and it says where it stands."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.fakes.panel_page import Desk, desk
from tests.fakes.panel_recording import TALK, call, turn

SCREEN = "() => document.querySelector('souffleur-panel').session.folded"


async def same_as_a_fresh_panel(adviser: Desk, page: Page) -> None:
    fresh = await adviser.open()
    await expect(fresh.locator("[data-turn]").first).to_be_visible()
    seen: Any = await page.evaluate(SCREEN)
    assert seen == await fresh.evaluate(SCREEN)


async def test_a_cut_line_shows_the_last_screen_then_catches_up(tmp_path: Path) -> None:
    steps = call()
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(steps[:8])
        page = await adviser.open()
        await expect(page.locator('[data-turn="t1"]')).to_be_visible()
        adviser.line.accepting = False
        adviser.line.cut()
        await expect(page.locator("[data-banner=reconnecting]")).to_be_visible()
        await expect(page.locator("[data-state]")).to_have_text("Reconnexion…")
        await expect(page.locator('[data-turn="t1"]')).to_be_visible()
        await page.locator("[data-act=dismiss]").first.click()
        await expect(page.get_by_role("alert")).to_contain_text("votre choix n’est pas parti")
        await adviser.play(steps[8:])
        adviser.line.accepting = True
        await expect(page.locator("[data-banner=reconnecting]")).to_have_count(0)
        await expect(page.locator("[data-turn]")).to_have_count(len(TALK))
        await same_as_a_fresh_panel(adviser, page)


async def test_a_line_cut_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    steps = call()
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(steps[:2])
        page = await adviser.open()
        await expect(page.locator('[data-turn="t0"]')).to_be_visible()
        for at in range(2, len(steps), 4):
            adviser.line.cut()
            await adviser.play(steps[at : at + 4])
            await expect(page.locator("[data-state=live]")).to_be_visible()
        await expect(page.locator("[data-turn]")).to_have_count(len(TALK))
        await expect(page.locator("[data-card]")).to_have_count(3)
        await same_as_a_fresh_panel(adviser, page)


async def test_a_panel_that_missed_too_much_gets_a_fresh_screen(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(call(until=2))
        page = await adviser.open()
        await expect(page.locator('[data-turn="t1"]')).to_be_visible()
        adviser.line.accepting = False
        adviser.line.cut()
        await expect(page.locator("[data-banner=reconnecting]")).to_be_visible()
        words = [
            ("turn.partial", turn(2, final=False, text=f"Je comprends {n}")) for n in range(450)
        ]
        await adviser.play([*words, ("turn.final", turn(2))])
        adviser.line.accepting = True
        await expect(page.locator('[data-turn="t2"]')).not_to_contain_class("partial")
        await same_as_a_fresh_panel(adviser, page)
