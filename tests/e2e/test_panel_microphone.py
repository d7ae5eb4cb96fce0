"""A test call from the panel: a real browser, its microphone played from a file."""

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
from playwright.async_api import Page, expect

from services.demo.stories import load_story
from tests.fakes.gateway_server import Leg, until
from tests.fakes.panel_page import chromium, desk
from tests.fakes.stack import Stack

RATE = 16_000
STORY = load_story("colis-non-recu", date(2026, 11, 20))
COMPLAINT = STORY.script.turns[1]
FAKE_DEVICE = "--use-fake-device-for-media-stream"


def hearing(path: Path) -> list[str]:
    """Return the arguments of a browser whose microphone plays a file, over and over."""
    allow = "--use-fake-ui-for-media-stream"
    return [allow, FAKE_DEVICE, f"--use-file-for-fake-audio-capture={path}"]


def tones(folder: Path) -> Path:
    """Write 1 kHz, and 10 kHz as loud: sampled at 16 kHz with no filter, it becomes 6 kHz."""
    at = np.arange(48_000) / 48_000
    both = sum(np.sin(2 * np.pi * hertz * at) for hertz in (1_000, 10_000))
    sf.write(folder / "tones.wav", both * 0.2, 48_000, subtype="PCM_16")
    return folder / "tones.wav"


def samples(leg: Leg) -> npt.NDArray[np.int16]:
    return np.frombuffer(bytes(leg.samples), dtype="<i2")


def level(sound: npt.NDArray[np.int16], hertz: int) -> float:
    """Return how loud one frequency is, in decibels."""
    steady = sound[RATE // 2 : RATE // 2 * 3]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(steady.size)))
    return float(20 * np.log10(spectrum[hertz - 20 : hertz + 20].max() + 1e-9))


async def begin(page: Page) -> None:
    await page.get_by_role("button", name="Appel d’essai").click()
    await page.get_by_role("button", name="Ouvrir le micro et commencer").click()


async def test_each_party_is_heard_on_its_own_side(tmp_path: Path) -> None:
    async with desk(tmp_path, hearing(tones(tmp_path))) as adviser:
        page = await adviser.open()
        # The keyboard is enough.
        await page.get_by_role("button", name="Appel d’essai").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Ouvrir le micro et commencer").focus()
        await page.keyboard.press("Enter")
        customer = page.get_by_role("button", name="Le client")
        await expect(customer).to_be_focused()
        await expect(customer).to_have_attribute("aria-pressed", "true")
        await expect(page.get_by_test_id("channel")).to_contain_text("Appel")
        legs = adviser.gateway.sink.legs
        left = next(leg for leg in legs if leg.start.role == "customer")
        right = next(leg for leg in legs if leg.start.role == "adviser")
        await until(lambda: len(left.samples) > RATE * 2 * 2)
        switched = len(left.samples)
        await page.keyboard.press("Alt+c")
        await expect(customer).to_have_attribute("aria-pressed", "false")
        await until(lambda: len(right.samples) > switched + RATE * 2 * 2)
        await page.get_by_role("button", name="Terminer l’appel").click()
        await expect(page.get_by_text("Appel d’essai terminé, micro fermé.")).to_be_visible()
        await expect(page.get_by_role("button", name="Refaire un essai")).to_be_focused()
        assert adviser.problems == []

        said, answered = samples(left), samples(right)
        assert said.size == answered.size > 4 * RATE
        assert not (said.astype(bool) & answered.astype(bool)).any()
        assert not said[-RATE:].any()
        assert not answered[:RATE].any()
        for sound in (said, answered[::-1]):
            assert np.abs(sound).max() > 1_000
            assert level(sound, 1_000) > level(sound, 6_000) + 40
        assert all(leg.start.conversation_id.startswith("test-") and leg.closed for leg in legs)


async def test_a_microphone_that_is_refused_is_said_and_opens_no_call(tmp_path: Path) -> None:
    async with desk(tmp_path, [FAKE_DEVICE]) as adviser:
        page = await adviser.open()
        await begin(page)
        await expect(page.get_by_role("alert")).to_contain_text("Autorisez-le pour cette page")
        await expect(page.get_by_role("button", name="Ouvrir le micro")).to_be_enabled()
        assert not adviser.gateway.sink.legs


async def test_a_call_whose_line_is_cut_lets_go_of_the_microphone(tmp_path: Path) -> None:
    async with desk(tmp_path, hearing(tones(tmp_path))) as adviser:
        page = await adviser.open()
        await begin(page)
        await expect(page.get_by_role("button", name="Terminer l’appel")).to_be_visible()
        adviser.line.cut()
        await expect(page.get_by_role("alert")).to_contain_text("La connexion s’est interrompue")
        released = "() => document.querySelector('souffleur-panel').trial.microphone === null"
        assert await page.evaluate(released)
        await page.get_by_role("button", name="Refaire un essai").click()
        await expect(page.get_by_role("button", name="Terminer l’appel")).to_be_visible()
        named = {leg.start.conversation_id for leg in adviser.gateway.sink.legs}
        assert len(named) == 2


@pytest.mark.timeout(120)  # it is spoken at the pace of life
async def test_what_one_says_as_the_customer_is_transcribed(
    souffleur: Stack, tmp_path: Path
) -> None:
    sound, rate = sf.read(STORY.path, dtype="int16", always_2d=True)
    start, end = ((ms * rate) // 1000 for ms in (COMPLAINT.start_ms, COMPLAINT.end_ms))
    silence = np.zeros(rate * 2, dtype=np.int16)
    spoken = np.concatenate([silence, sound[start:end, 0], silence])
    sf.write(tmp_path / "customer.wav", spoken, rate, subtype="PCM_16")
    async with chromium(*hearing(tmp_path / "customer.wav")) as browser:
        # A tenant of its own: what other tests leave open would come up first.
        page = await (await browser.new_context(locale="fr-FR")).new_page()
        await page.goto(f"{souffleur.url}/#token={souffleur.token('adviser', 'trial')}")
        await begin(page)
        heard = page.locator('[data-role="customer"]')
        await expect(heard.filter(has_text="livré").first).to_be_visible(timeout=60_000)
        await page.get_by_role("button", name="Terminer l’appel").click()
        await expect(page.get_by_text("Appel d’essai terminé")).to_be_visible(timeout=30_000)
        await expect(page.locator('[data-role="adviser"]')).to_have_count(0)
