"""The adviser's panel in Chromium in front of a real gateway: what it shows and what it sends."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.fakes.panel_page import desk
from tests.fakes.panel_recording import (
    HONOUR_PROMISE,
    REPEAT_CONTACT,
    TALK,
    TRACE_PARCEL,
    Step,
    call,
    card,
    quote,
    turn,
)

WIDTH_NEEDED = "() => document.documentElement.scrollWidth"


def card_of(page: Page, suggestion: dict[str, str]) -> str:
    return f'[data-card="{suggestion["id"]}"]'


async def test_a_call_comes_up_by_itself_and_is_told_live(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        page = await adviser.open()
        await expect(page.get_by_text("Aucune conversation en cours")).to_be_visible()
        assert "token" not in page.url
        await adviser.begin()
        await expect(page.get_by_test_id("channel")).to_contain_text("Appel")
        await expect(page.locator("[data-state]")).to_have_attribute("data-state", "live")
        await expect(page.locator(".promise")).to_contain_text("Réponse du transporteur")
        await expect(page.locator(".fields")).to_contain_text("9 novembre 2026")

        first, second = call(until=1)
        await adviser.play([first])
        line = page.locator('[data-turn="t0"]')
        await expect(line).to_contain_class("partial")
        node = await line.element_handle()
        await adviser.play([second])
        await expect(line).not_to_contain_class("partial")
        await expect(line).to_contain_text(TALK[0][1])
        # The final took the partial's place: it is the same node.
        assert node is not None
        assert await node.evaluate("node => node.isConnected")

        await adviser.play(call()[2:])
        await expect(page.locator("[data-turn]")).to_have_count(len(TALK))
        await expect(page.get_by_test_id("intent")).to_contain_text("Livraison en retard")
        await expect(page.get_by_test_id("intent")).to_contain_text("sûr")
        await expect(page.get_by_test_id("mood")).to_contain_text("plutôt bonne, en amélioration")
        await page.locator('[data-lang="en"]').click()
        await expect(page.get_by_test_id("intent")).to_contain_text("Late delivery")
        await expect(page.get_by_test_id("mood")).to_contain_text("rather good, improving")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        assert adviser.problems == []


async def test_cards_say_why_and_go_where_the_adviser_sends_them(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(call())
        page = await adviser.open()
        await expect(page.locator("[data-card]")).to_have_count(3)
        shown = await adviser.happened("suggestion.shown")
        assert shown["suggestion_id"] in {
            c["id"] for c in (TRACE_PARCEL, REPEAT_CONTACT, HONOUR_PROMISE)
        }
        await expect(page.get_by_test_id("announcement")).to_contain_text("Nouvelle suggestion")

        signal = page.locator(card_of(page, REPEAT_CONTACT))
        await signal.locator("[data-act=why]").click()
        mark = page.locator('[data-turn="t4"] mark')
        await expect(mark).to_contain_text("C’est la troisième fois que je vous contacte")
        await signal.locator("[data-act=why]").click()
        await expect(page.locator("mark")).to_have_count(0)

        await signal.locator("[data-act=accept]").click()
        accepted = await adviser.happened("suggestion.accepted")
        assert accepted == {"suggestion_id": REPEAT_CONTACT["id"]}
        await expect(page.locator(".done")).to_contain_text(REPEAT_CONTACT["title"])

        await expect(page.locator("[data-card]")).to_have_count(2)
        first = await page.locator("[data-card]").first.get_attribute("data-card")
        await page.locator("[data-card]").first.focus()
        await page.keyboard.press("Alt+d")
        assert (await adviser.happened("suggestion.dismissed"))["suggestion_id"] == first
        await expect(page.locator("[data-card]")).to_have_count(1)
        await page.keyboard.press("Alt+w")
        await expect(page.locator(".why:not([hidden])")).to_contain_text("Ce qui l’a déclenchée")
        assert adviser.problems == []


async def test_what_deserves_attention_leads_to_the_words_that_say_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        page = await adviser.open()
        await adviser.play(call(until=4))
        await expect(page.locator("[data-turn]")).to_have_count(4)
        await expect(page.get_by_test_id("moments")).to_have_count(0)
        await adviser.play(call()[len(call(until=4)) :])
        noted = page.get_by_test_id("moments").locator("button")
        await expect(noted).to_have_text(["Contact répété", "Promesse faite"])
        again = page.locator("[data-moment=repeat_contact]")
        await again.click()
        mark = page.locator("mark")
        await expect(mark).to_contain_text("C’est la troisième fois que je vous contacte")
        await expect(again).to_have_attribute("aria-pressed", "true")
        # One thing is quoted at a time: a card's reasons take the place of the moment's.
        await page.locator(card_of(page, TRACE_PARCEL)).locator("[data-act=why]").click()
        await expect(again).to_have_attribute("aria-pressed", "false")
        await expect(mark).to_contain_text("je n’ai toujours pas reçu mon colis")
        await again.click()
        await expect(page.locator(".why:not([hidden])")).to_have_count(0)
        await again.click()
        await expect(mark).to_have_count(0)
        assert adviser.problems == []


async def test_the_keyboard_alone_reaches_and_uses_every_card(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(call())
        page = await adviser.open()
        await expect(page.locator("[data-card]")).to_have_count(3)
        ids = [await c.get_attribute("data-card") for c in await page.locator("[data-card]").all()]
        await page.locator("[data-card]").first.focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(f'[data-card="{ids[1]}"]')).to_be_focused()
        await page.keyboard.press("Alt+a")
        assert (await adviser.happened("suggestion.accepted"))["suggestion_id"] == ids[1]
        # The keyboard keeps its place when the card has left.
        await expect(page.locator(f'[data-card="{ids[2]}"]')).to_be_focused()


async def test_quiet_mode_holds_cards_back_until_they_are_called(tmp_path: Path) -> None:
    held = card(
        "cue",
        "late_again",
        "t6",
        title="Délai dépassé",
        reason="Le client cite un délai.",
        confidence=0.7,
        evidence=[quote(6, "sous 48 heures")],
    )
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play([step for step in call() if step[0] != "suggestion.offered"])
        page = await adviser.open()
        await expect(page.locator("[data-turn]")).to_have_count(len(TALK))
        await page.locator("[data-act=quiet]").click()
        assert (await adviser.happened("preferences.changed"))["quiet"] is True
        await expect(page.locator("[data-act=quiet]")).to_have_attribute("aria-pressed", "true")
        # The first was offered before the server knew of the mode, the second is held by it.
        await adviser.play([("suggestion.offered", {"suggestion": REPEAT_CONTACT})])
        await adviser.play([("suggestion.offered", {"suggestion": held, "held": True})])
        await expect(page.get_by_text("2 suggestions en attente")).to_be_visible()
        await expect(page.locator("[data-card]")).to_have_count(0)
        await page.keyboard.press("Alt+s")
        await expect(page.locator("[data-card]")).to_have_count(2)
        await expect(page.locator(".held")).to_have_count(0)


async def test_what_customers_write_is_text_and_nothing_else(tmp_path: Path) -> None:
    attack = '<img src=x onerror="document.title=1"><b>gras</b> ${1} \u202e'
    async with desk(tmp_path) as adviser:
        await adviser.begin(channel="chat")
        await adviser.play([("turn.final", turn(0) | {"role": "customer", "text": attack})])
        page = await adviser.open()
        await expect(page.locator('[data-turn="t0"] .said')).to_have_text(attack.strip())
        assert await page.locator('[data-turn="t0"] .said :is(img, b)').count() == 0
        assert await page.title() == "Souffleur"
        assert adviser.problems == []


async def test_a_chat_is_answered_from_the_panel(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin(channel="chat")
        await adviser.play(call(until=2, channel="chat"))
        page = await adviser.open()
        box = page.get_by_label("Votre réponse")
        await box.fill("Je regarde tout de suite.")
        await box.press("Enter")
        # Not ``last``: the played turns have times of their own, ahead of the test's clock.
        said = page.locator('[data-role="adviser"]', has_text="Je regarde tout de suite.")
        await expect(said).to_be_visible()
        await expect(box).to_have_value("")


async def test_reading_back_is_not_disturbed_by_new_lines(tmp_path: Path) -> None:
    lines: list[Step] = [
        ("turn.final", turn(0) | {"id": f"l{n}", "start_ms": n, "end_ms": n, "text": f"Ligne {n}"})
        for n in range(40)
    ]
    scroll_top = (
        "() => document.querySelector('souffleur-panel').renderRoot.querySelector('.log').scrollTop"
    )
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(lines[:30])
        page = await adviser.open()
        await expect(page.get_by_text("Ligne 29")).to_be_in_viewport()
        await page.locator(".log").hover()
        await page.mouse.wheel(0, -600)
        await expect(page.get_by_text("Ligne 29")).not_to_be_in_viewport()
        before = await page.evaluate(scroll_top)
        await adviser.play(lines[30:])
        await expect(page.locator("[data-turn]")).to_have_count(40)
        assert await page.evaluate(scroll_top) == before
        await page.get_by_role("button", name="Nouveaux échanges").click()
        await expect(page.get_by_text("Ligne 39")).to_be_in_viewport()


async def test_a_service_that_is_down_is_said_in_words(tmp_path: Path) -> None:
    down = {"service": "assist", "reason": "timeout"}
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        page = await adviser.open()
        await expect(page.get_by_test_id("channel")).to_contain_text("Appel")
        await adviser.play([("service.degraded", down)])
        await expect(page.locator("[data-banner=degraded]")).to_contain_text("L’analyse est")
        await adviser.play([("service.restored", down)])
        await expect(page.locator("[data-banner=degraded]")).to_have_count(0)


async def test_the_panel_fits_beside_a_desktop(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(call())
        page = await adviser.open(viewport={"width": 360, "height": 720})
        await expect(page.locator("[data-card]").first).to_be_in_viewport()
        assert await page.evaluate(WIDTH_NEEDED) <= 360
        await expect(page.locator(".record")).to_be_hidden()
        await page.get_by_role("button", name="Client", exact=True).click()
        await expect(page.locator(".record")).to_be_visible()
        await expect(page.locator(".talk")).to_be_hidden()


async def test_a_wrong_token_asks_for_another_and_is_forgotten(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        page = await adviser.open(token="wrong")
        await expect(page.get_by_role("alert")).to_contain_text("n’est plus valable")
        assert await page.evaluate("sessionStorage.length") == 0
        await page.get_by_label("Jeton d’accès").fill(adviser.gateway.token("adviser"))
        await page.get_by_role("button", name="Continuer").click()
        await expect(page.get_by_text("Aucune conversation en cours")).to_be_visible()
        assert await page.evaluate("localStorage.length") == 0


async def test_the_next_call_opens_when_this_one_has_ended(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin("first")
        page = await adviser.open()
        await expect(page.get_by_test_id("channel")).to_contain_text("Appel")
        await adviser.begin("second", channel="chat")
        await expect(page.locator(".count")).to_have_text("2")
        await expect(page.get_by_test_id("channel")).to_contain_text("Appel")
        await adviser.gateway.http.post(
            "/v1/conversations/first/end", json={}, headers=adviser.gateway.auth("ingest")
        )
        await expect(page.get_by_test_id("channel")).to_contain_text("Tchat")


async def test_cards_are_asked_for_in_the_language_of_the_panel(tmp_path: Path) -> None:
    async with desk(tmp_path) as adviser:
        await adviser.begin()
        await adviser.play(call(until=2))
        page = await adviser.open()
        await expect(page.get_by_text("Julien à votre écoute")).to_be_visible()
        await page.get_by_role("button", name="English").click()
        assert (await adviser.happened("preferences.changed"))["language"] == "en"
