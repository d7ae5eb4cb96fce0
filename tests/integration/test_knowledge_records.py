"""Documents in a real Redis: versions, the feed of changes, tenants apart, questions answered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.contracts.knowledge import KnowledgeAnswer, KnowledgeDocument, KnowledgeQuery
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.errors import Unavailable
from services.records import questions as module
from services.records.knowledge import KnowledgeRecords
from services.records.questions import WAITING, Questions

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with embedded_redis(tmp_path / "redis") as url, Journal.open(url) as journal:
        yield journal


def document(id_: str, text: str = "Texte", **more: object) -> KnowledgeDocument:
    return KnowledgeDocument.model_validate({"id": id_, "title": "Titre", "text": text, **more})


async def test_versions_count_up_unless_they_are_given(journal: Journal) -> None:
    records = KnowledgeRecords(journal.redis)
    kept = [await records.put("t", document("a", text), NOW) for text in ("un", "deux", "trois")]
    assert [(k.version, k.new) for k in kept] == [("1", True), ("2", False), ("3", False)]
    given = await records.put("t", document("a", version="2026-03"), NOW)
    assert given.version == "2026-03"
    [change] = await records.changes("t", 0, 10)
    assert change.document is not None
    assert (change.document.version, change.document.date) == ("2026-03", NOW)
    assert change.document.revision == change.revision == 4


async def test_the_feed_gives_each_change_once_as_it_is_now(journal: Journal) -> None:
    records = KnowledgeRecords(journal.redis)
    for id_ in ("a", "b", "c"):
        await records.put("t", document(id_), NOW)
    first = await records.changes("t", 0, 2)
    assert [change.id for change in first] == ["a", "b"]
    await records.put("t", document("a", "nouveau"), NOW + timedelta(days=1))
    assert await records.delete("t", "c")
    assert not await records.delete("t", "c")
    assert await records.pending("t", first[-1].revision) == 2
    later = await records.changes("t", first[-1].revision, 10)
    assert [(c.id, c.document.text if c.document else None) for c in later] == [
        ("a", "nouveau"),
        ("c", None),
    ]
    assert await records.changes("t", later[-1].revision, 10) == ()
    assert await records.count("t") == 2


async def test_readers_of_all_tenants_hear_who_changed_and_nothing_else(journal: Journal) -> None:
    records = KnowledgeRecords(journal.redis)
    await records.put("t", document("a"), NOW)
    await records.put("u", document("a"), NOW)
    seen = await records.touched(0)
    assert [tenant for tenant, _ in seen] == ["t", "u"]
    await records.delete("t", "a")
    assert [tenant for tenant, _ in await records.touched(seen[-1][1])] == ["t"]
    [kept] = await records.changes("u", 0, 10)
    assert kept.document is not None


async def test_one_of_many_assistants_answers_each_question(journal: Journal) -> None:
    questions = Questions(journal.redis)

    async def assist() -> int:
        answered = 0
        while (question := await questions.next()) is not None:
            length = len(question.query.query)
            await questions.answer(question, KnowledgeAnswer(pending=length))
            answered += 1
        return answered

    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(questions.ask("t", KnowledgeQuery(query="x" * n)))
            for n in range(1, 8)
        ]
        workers = [group.create_task(assist()) for _ in range(2)]
    assert [task.result().pending for task in asked] == list(range(1, 8))
    assert sum(task.result() for task in workers) == 7


async def test_a_question_that_nobody_takes_is_taken_back(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.6)
    with pytest.raises(Unavailable, match="No assistant"):
        await Questions(journal.redis).ask("t", KnowledgeQuery(query="allô"))
    assert await journal.redis.llen(WAITING) == 0
