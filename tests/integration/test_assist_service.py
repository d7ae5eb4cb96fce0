"""The assist service on its own: health, readiness, metrics without personal data."""

from pathlib import Path

import httpx2
import pytest

from services.assist.app import create_app
from services.contracts.conversation import ConversationStarted
from services.contracts.events import ConversationStartedEvent
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.errors import NotFound
from services.kit.settings import Settings
from tests.fakes import scenes
from tests.fakes.kept import KEPT_DATA_DIR
from tests.fakes.scenes import CONVERSATION, said


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_it_says_whether_it_is_ready_and_counts_without_names(tmp_path: Path) -> None:
    settings = Settings(data_dir=KEPT_DATA_DIR)
    async with embedded_redis(tmp_path / "redis") as url, Journal.open(url) as journal:
        app = create_app(settings, journal=journal)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://assist") as client:
            assert (await client.get("/healthz")).status_code == 200
            starting = await client.get("/readyz")
            assert starting.status_code == 503
            assert starting.json()["status"] == "not_ready"
            assert starting.json()["waiting_for"] == ["models"]
            async with app.router.lifespan_context(app):
                ready = await client.get("/readyz")
                assert ready.json() == {"status": "ready", "waiting_for": [], "degraded": None}
                data = ConversationStarted(channel="chat", customer_id="canari")
                started = ConversationStartedEvent(
                    conversation_id=CONVERSATION, time=scenes.at(0), data=data
                )
                await journal.publish("canari", started, producer="test", seq=1)
                turn = said("t1", "customer", "Je voudrais résilier mon abonnement, canari")
                await journal.publish("canari", turn, producer="test", seq=2)
                async for item in journal.tail("canari", CONVERSATION):
                    if item.event.type == "suggestion.offered":
                        break
                metrics = (await client.get("/metrics")).text
                assert 'souffleur_assist_event_seconds_count{event="turn.final"} 1.0' in metrics
                assert 'event="suggestion.offered"' in metrics
                assert "canari" not in metrics
                assert CONVERSATION not in metrics
            assert (await client.get("/readyz")).status_code == 503


async def test_an_unknown_playbook_stops_the_start_with_a_reason(tmp_path: Path) -> None:
    settings = Settings(data_dir=KEPT_DATA_DIR, playbook="no-such")
    async with embedded_redis(tmp_path / "redis") as url, Journal.open(url) as journal:
        app = create_app(settings, journal=journal)
        with pytest.raises(NotFound, match="there is: general"):
            async with app.router.lifespan_context(app):
                pass
