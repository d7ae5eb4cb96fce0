"""The commands as their users type them: the demonstration, a replay, and the small ones."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Page, expect

from services.demo.stories import load_story
from services.kit.settings import Settings
from services.kit.tokens import token_issuer
from tests.fakes.live_replay import replayed
from tests.fakes.panel_page import chromium
from tests.fakes.redis_server import redis_server
from tests.fakes.stack import SOUFFLEUR, SPEECH_CACHE, Stack, start

CHAT = load_story("resilie-mais-preleve", date(2026, 11, 20))
SECOND_START_S = 10.0


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SOUFFLEUR, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"COLUMNS": "200"} | environment,
    )


def _alive(processes: Sequence[psutil.Process]) -> list[str]:
    """Return the names of those that still run; a number that was given anew is another's."""
    return [
        process.name()
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def _until(condition: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)  # another process's state can only be asked


async def _watch(page: Page) -> None:
    """See of the first call what an adviser sees: record, words, intent, mood and a card."""
    await expect(page.locator(".fields")).to_contain_text("472190", timeout=30_000)
    await expect(page.locator("[data-turn]:not(.partial)").nth(1)).to_be_visible(timeout=30_000)
    await expect(page.locator("[data-card]").first).to_be_visible(timeout=30_000)
    await expect(page.get_by_test_id("mood")).to_contain_text(re.compile(r"\w{4,}"))
    await expect(page.get_by_test_id("intent")).to_contain_text(re.compile(r"\w{4,}"))


async def _turn_to(page: Page, conversation_id: str) -> None:
    await page.locator("[data-act=conversations]").click()
    await page.locator(f'[data-conversation="{conversation_id}"]').click()


async def _reason_in_their_words(page: Page) -> None:
    """Open one card's "why" after the other until one quotes words, marked in the transcript."""
    mark = page.locator("[data-turn] mark").first
    async with asyncio.timeout(30):
        while not await mark.count():
            for card in await page.locator("[data-card]").all():
                closed = card.locator("[data-act=why][aria-expanded=false]")
                if await closed.count() and not await mark.count():
                    await closed.click()
            await page.wait_for_timeout(300)
    words = (await mark.inner_text()).splitlines()[-1]  # the first is for screen readers
    assert len(words) > 3
    await expect(page.locator(".why:not([hidden])")).to_contain_text(words)


async def _playing(stack: Stack, language: str, channel: str) -> str:
    """Wait until a conversation of the demonstration has a turn; return its id."""
    async with stack.http() as http, asyncio.timeout(60):
        while True:
            for item in (await http.get("/v1/conversations")).json()["items"]:
                if (item["language"], item["channel"]) == (language, channel) and item["turns"]:
                    return str(item["id"])
            await asyncio.sleep(0.5)


@pytest.mark.timeout(240)  # a first start embeds the playbook; then it plays at the pace of life
async def test_the_demonstration_comes_alive_stops_cleanly_and_starts_again_soon(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    stack = start(data, "demo", "--port", "0", kept=False)
    try:
        family = stack.family()
        assert any(process.name().startswith("redis-server") for process in family)
        async with chromium() as browser:
            page = await (await browser.new_context(locale="fr-FR")).new_page()
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            await page.goto(stack.panel)
            await _watch(page)
            await _turn_to(page, await _playing(stack, "en", "voice"))
            await _reason_in_their_words(page)
            await _turn_to(page, await _playing(stack, "fr", "chat"))
            await expect(page.get_by_text("assistant virtuel de Nova Mobile")).to_be_visible()
            assert problems == []
        family = stack.family()
        assert await asyncio.to_thread(stack.stop, signal.SIGINT) == 0
        assert _alive(family) == []
        errors = [line for line in stack.log if '"level": "error"' in line]
        assert errors == []
    finally:
        stack.stop(signal.SIGKILL)

    again = start(data, "up", "--port", "0", kept=False)
    try:
        assert again.cpu_s() <= SECOND_START_S
        family = again.family()
        again.process.kill()
        _until(lambda: not _alive(family), within_s=3)
    finally:
        again.stop(signal.SIGKILL)


@pytest.mark.timeout(90)
async def test_a_chat_is_replayed_as_json_lines(souffleur: Stack) -> None:
    chat = await replayed(souffleur, CHAT.path, "--speed", "40", "--language", "fr")

    assert [turn["text"] for turn in chat.of("turn.final")] == [t.text for t in CHAT.script.turns]
    assert [event["type"] for event in chat.events].count("conversation.ended") == 1
    assert set(chat.summary) == {"turns", "suggestions", "latency_ms"}
    assert chat.summary["turns"] == len(CHAT.script.turns)
    shown = [data for data in chat.of("suggestion.offered") if not data["held"]]
    assert chat.summary["suggestions"] == len(shown) > 0
    latency = chat.summary["latency_ms"]
    names = ("final_p50", "final_p95", "suggestion_p50", "suggestion_p95")
    assert set(latency) == set(names)
    assert 0 < latency["final_p50"] <= latency["final_p95"]
    assert 0 < latency["suggestion_p50"] <= latency["suggestion_p95"]
    told = _run(
        *("replay", str(CHAT.path), "--speed", "100", "--gateway", souffleur.url),
        *("--token", souffleur.token("admin")),
    )
    assert told.returncode == 0
    assert "un conseiller svp" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("replay", "/none/such.wav"), "/none/such.wav"),
        (("replay", str(CHAT.path), "--gateway", "127.0.0.1:1"), "gateway"),
        (("replay", str(CHAT.path), "--language", "de"), "language: Give one of fr, en"),
        (("token", "--tenant", "t", "--role", "boss"), "role: Use one of adviser, crm"),
        (("token", "--tenant", "../t", "--role", "crm"), "tenant: Use 1 to 128 letters"),
        (("models", "fetch", "none-such"), "there is no model 'none-such'"),
        (("gateway",), "set SOUFFLEUR_REDIS_URL"),
        (("assist",), "set SOUFFLEUR_REDIS_URL"),
        (("transcribe", "--redis", "redis://127.0.0.1:1"), "set SOUFFLEUR_SERVICE_TOKEN"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = _run(*arguments, SOUFFLEUR_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert says in " ".join(done.stderr.split())


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = _run("doctor", SOUFFLEUR_DATA_DIR=str(tmp_path), SOUFFLEUR_SPEECH_WORKERS="many")
    assert done.returncode == 2
    assert "SOUFFLEUR_SPEECH_WORKERS" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_says_who_holds_it(tmp_path: Path) -> None:
    arguments = ("--tenant", "acme", "--role", "crm", "--subject", "erp")
    done = _run("token", *arguments, "--data-dir", str(tmp_path))
    issuer = token_issuer(Settings(data_dir=tmp_path))
    principal = issuer.verify(done.stdout.strip(), now=datetime.now(UTC))
    assert (principal.tenant, principal.role, principal.subject) == ("acme", "crm", "erp")


def test_models_are_listed_and_verified(tmp_path: Path, souffleur: Stack) -> None:
    listed = _run("models", "list", "--json", "--data-dir", str(tmp_path))
    states = {row["name"]: row["state"] for row in json.loads(listed.stdout)}
    assert states["whisper-base"] != "verified"
    assert states["encoder-fr-en"] == "verified"
    refused = _run("models", "verify", "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert "souffleur models fetch whisper-base" in " ".join(refused.stderr.split())

    whole = _run("models", "verify", "--data-dir", str(souffleur.data_dir))
    assert whole.returncode == 0
    assert {line.split(":")[0] for line in whole.stdout.splitlines()} == set(states)
    assert (SPEECH_CACHE / "models").is_dir()


def test_the_doctor_finds_what_is_missing(tmp_path: Path, souffleur: Stack) -> None:
    secret = "s" * 40
    well = _run(
        *("doctor", "--data-dir", str(souffleur.data_dir)),
        SOUFFLEUR_TOKEN_SECRET=secret,
        SOUFFLEUR_PORT="0",
    )
    assert well.returncode == 0, well.stdout
    assert secret not in well.stdout
    assert "ok  redis: private" in well.stdout

    taken = souffleur.url.rpartition(":")[2]
    ill = _run(
        *("doctor", "--data-dir", str(tmp_path)),
        SOUFFLEUR_PORT=taken,
        SOUFFLEUR_PLAYBOOK="none-such",
    )
    assert ill.returncode == 1
    found = [line for line in ill.stdout.splitlines() if line.startswith("NO ")]
    assert [line.split(":")[0] for line in found] == [
        "NO  model whisper-base",
        "NO  playbook",
        f"NO  port {taken}",
    ]


def test_the_doctor_asks_the_redis_that_is_given(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        well = _run("doctor", SOUFFLEUR_DATA_DIR=str(tmp_path), SOUFFLEUR_REDIS_URL=server.url)
        assert "ok  redis: given by SOUFFLEUR_REDIS_URL, version" in well.stdout
    password = "s3cret-of-redis"
    url = f"redis://:{password}@127.0.0.1:1"
    ill = _run("doctor", SOUFFLEUR_DATA_DIR=str(tmp_path), SOUFFLEUR_REDIS_URL=url)
    assert "NO  redis: no answer" in ill.stdout
    assert password not in ill.stdout + ill.stderr
