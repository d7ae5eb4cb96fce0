"""Redis itself goes down under an open panel: the adviser reads it, and reads on afterwards."""

from pathlib import Path

from playwright.async_api import expect

from tests.fakes.panel_page import desk
from tests.fakes.panel_recording import TALK, call
from tests.fakes.redis_server import redis_server


async def test_an_open_panel_says_that_redis_is_down_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    (tmp_path / "down").mkdir()
    with redis_server(tmp_path / "down", fsync="always") as server:
        async with desk(tmp_path, redis_url=server.url) as adviser:
            await adviser.begin()
            await adviser.play(call(until=2))
            page = await adviser.open()
            await expect(page.locator('[data-turn="t1"]')).to_be_visible()
            banner = page.locator("[data-banner=degraded]")
            await expect(banner).to_have_count(0)
            server.kill()
            await expect(banner).to_contain_text("rien de nouveau ne s’affiche", timeout=2_500)
            server.start()
            await expect(banner).to_have_count(0)
            await adviser.play(call()[len(call(until=2)) :])
            await expect(page.locator("[data-turn]")).to_have_count(len(TALK))
