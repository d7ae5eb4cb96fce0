"""REST as a CRM uses it: keys, versions, timeline, briefing, import, export, and erasure whole."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.contracts.events import SuggestionOfferedEvent, TurnAnalysedEvent
from services.contracts.suggestions import SuggestionOffered
from tests.fakes.gateway_events import analysis, suggestion
from tests.fakes.gateway_server import Running, hear, hear_until, running_gateway, tell, until
from tests.fakes.journal_events import said

DATE = "2026-01-05T09:00:00Z"


def contact(id_: str, at: str = DATE, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "at": at, "channel": "voice", "summary": id_, "origin": "CRM", **fields}


async def test_a_key_makes_a_request_count_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        ingest = gateway.auth("ingest")
        path, body = "/v1/conversations", {"channel": "chat", "customer_id": "k1"}

        async def post(path: str, key: str, body: Any, **headers: str) -> Any:
            sent = {**ingest, "Idempotency-Key": key, **headers}
            return await gateway.http.post(path, json=body, headers=sent)

        first, again = await post(path, "a", body), await post(path, "a", body)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert again.headers["Idempotency-Replayed"] == "true"
        assert first.headers["Location"] == again.headers["Location"]
        assert "Idempotency-Replayed" not in first.headers
        other = await post(path, "a", body | {"customer_id": "k2"})
        assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
        # Another path is another request; another caller has keys of its own.
        turns = f"{path}/{first.json()['id']}/turns"
        assert (await post(turns, "a", body)).status_code == 422
        stranger = gateway.auth("ingest", tenant="other")["Authorization"]
        theirs = await post(path, "a", body, Authorization=stranger)
        assert theirs.status_code == 201
        assert "Idempotency-Replayed" not in theirs.headers
        assert (await post(path, "a", body, Authorization="Bearer x")).status_code == 401
        for bad in ("x" * 256, "a b"):
            assert (await post(path, bad, body)).status_code == 422
        # What was refused leaves its key free.
        turn = {"role": "customer", "text": "Bonjour"}
        assert (await post(turns, "b", turn | {"role": "x"})).status_code == 422
        said, repeated = await post(turns, "b", turn), await post(turns, "b", turn)
        assert said.status_code == 201
        assert said.content == repeated.content
        # Ten at once: one is taken, the others hear so or get its answer.
        raced = await asyncio.gather(*(post(turns, "c", turn) for _ in range(10)))
        assert {answer.status_code for answer in raced} <= {201, 409}
        assert len({answer.content for answer in raced if answer.status_code == 201}) == 1
        seen = await gateway.http.get(turns, headers=gateway.auth("crm"))
        assert len(seen.json()["items"]) == 2
        redis = gateway.journal.redis
        names = [name async for name in redis.scan_iter("acme/answer/*")]
        assert names
        for name in names:
            assert 86_000 < await redis.ttl(name) <= 86_400
            assert "Bonjour" not in str(await redis.hgetall(name))


async def test_a_key_whose_gateway_died_makes_the_same_thing(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        headers = gateway.auth("ingest") | {"Idempotency-Key": "k"}
        made = await gateway.http.post(
            "/v1/conversations", json={"channel": "chat"}, headers=headers
        )
        (name,) = [name async for name in gateway.journal.redis.scan_iter("acme/answer/*")]
        # As after a crash between the effect and the keeping of the answer: under way for ever...
        await gateway.journal.redis.hdel(name, "answer")
        running = await gateway.http.post(
            "/v1/conversations", json={"channel": "chat"}, headers=headers
        )
        assert (running.status_code, running.headers["Retry-After"]) == (409, "1")
        # ...until its lease ends.
        await gateway.journal.redis.delete(name)
        again = await gateway.http.post(
            "/v1/conversations", json={"channel": "chat"}, headers=headers
        )
        assert (again.status_code, again.json()) == (200, made.json())


async def test_a_turns_id_names_one_text(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        first = await gateway.say(conversation, "Bonjour", id="t1")
        assert await gateway.say(conversation, "Bonjour", id="t1") == first
        path, ingest = f"/v1/conversations/{conversation}/turns", gateway.auth("ingest")
        for other in ({"text": "Bonsoir"}, {"role": "adviser"}):
            body = {"id": "t1", "role": "customer", "text": "Bonjour"} | other
            answer = await gateway.http.post(path, json=body, headers=ingest)
            assert (answer.status_code, answer.json()["field"]) == (409, "id")
        async with gateway.socket("/v1/ingest/chat", "ingest") as chat:
            await tell(chat, type="start", conversation_id=conversation)
            await hear(chat)
            await tell(chat, type="turn", id="t1", role="customer", text="Bonjour")
            assert await hear(chat) == {"type": "ack", "turn_id": "t1"}
            await tell(chat, type="turn", id="t1", role="customer", text="Autre")
            assert (await hear_until(chat, "error"))["code"] == "conflict"


async def test_a_reply_waits_for_a_chat_that_is_away(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        async with gateway.adviser(conversation) as panel:
            await hear(panel)

            async def reply(text: str) -> None:
                await tell(panel, type="turn", text=text)
                while (await hear_until(panel, "turn.final"))["data"]["text"] != text:
                    pass

            async def join() -> Any:
                chat = await gateway.socket("/v1/ingest/chat", "ingest")
                await tell(chat, type="start", conversation_id=conversation)
                assert (await hear(chat))["type"] == "started"
                return chat

            await reply("un")
            chat = await join()
            assert (await hear(chat))["text"] == "un"
            await reply("deux")
            assert (await hear(chat))["text"] == "deux"
            await chat.close()
            redis = gateway.journal.redis
            async with asyncio.timeout(5):
                while not await redis.exists(f"acme/conversation/{conversation}/passed"):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await reply("trois")
            chat = await join()
            assert (await hear(chat))["text"] == "trois"
            # Dropped without a word: what was sent last may not have arrived, and comes again.
            chat.transport.abort()
            await asyncio.sleep(0.2)
            await reply("quatre")
            chat = await join()
            assert [(await hear(chat))["text"] for _ in range(2)] == ["trois", "quatre"]
            await reply("cinq")
            assert (await hear(chat))["text"] == "cinq"
            await chat.close()


async def test_a_record_is_written_over_the_version_that_was_seen(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        crm, path = gateway.auth("crm"), "/v1/customers/k1"

        async def put(name: str, **headers: str) -> Any:
            sent = crm | {key.replace("_", "-"): value for key, value in headers.items()}
            return await gateway.http.put(path, json={"display_name": name}, headers=sent)

        assert (await put("a", If_Match="*")).status_code == 412
        first = await put("a", If_None_Match="*")
        assert first.status_code == 200
        tag = first.headers["ETag"]
        assert (await put("b", If_None_Match="*")).json()["field"] == "If-None-Match"
        second = await put("b", If_Match=f'"other", {tag}')
        assert (second.status_code, second.json()["version"]) == (200, 2)
        late = await put("c", If_Match=tag)
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
        assert (await put("c", If_Match="W/" + second.headers["ETag"])).status_code == 412
        assert (await put("c", If_Match="nonsense")).status_code == 422
        raced = await asyncio.gather(
            *(put(str(n), If_Match=second.headers["ETag"]) for n in range(8))
        )
        assert sorted(answer.status_code for answer in raced) == [200] + [412] * 7
        read = await gateway.http.get(path, headers=crm)
        fresh = await gateway.http.get(path, headers=crm | {"If-None-Match": read.headers["ETag"]})
        assert (fresh.status_code, fresh.content) == (304, b"")
        stale = await gateway.http.get(path, headers=crm | {"If-None-Match": tag})
        assert stale.status_code == 200
        # Erased and made again, it is another record with other versions.
        await gateway.http.delete(path, headers=crm)
        assert (await put("a", If_Match=tag)).status_code == 412


async def test_a_timeline_holds_every_contact_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        crm = gateway.auth("crm")
        made = [await gateway.create(customer_id="k1") for _ in range(4)]
        await gateway.create(customer_id="k2")
        history = [contact(f"h{n}", f"2026-01-0{n}T09:00:00Z") for n in range(1, 5)]
        history.append(contact("future", "2100-01-01T00:00:00Z"))
        await gateway.http.put("/v1/customers/k1", json={"history": history}, headers=crm)
        for limit in (1, 3, 200):
            seen: list[dict[str, Any]] = []
            query: dict[str, Any] = {"limit": limit}
            while True:
                page = await gateway.http.get(
                    "/v1/customers/k1/timeline", params=query, headers=crm
                )
                assert page.status_code == 200, page.text
                seen += page.json()["items"]
                if page.json()["next"] is None:
                    break
                query["cursor"] = page.json()["next"]
            ids = [(item["conversation"] or item["contact"])["id"] for item in seen]
            assert ids[0] == "future"
            assert sorted(ids[1:5]) == sorted(made)
            assert ids[5:] == ["h4", "h3", "h2", "h1"]
            assert [item["at"] for item in seen] == sorted((i["at"] for i in seen), reverse=True)
        assert (await gateway.http.get("/v1/customers/k9/timeline", headers=crm)).status_code == 404
        bad = await gateway.http.get("/v1/customers/k1/timeline?cursor=eHh4", headers=crm)
        assert (bad.status_code, bad.json()["field"]) == (422, "cursor")


async def _lived(gateway: Running, customer_id: str, canary: str) -> str:
    """A conversation that has gone through everything; returns its id."""
    crm = gateway.auth("crm")
    fact = {"name": "plan", "value": canary, "origin": "CRM", "date": DATE}
    record = {
        "display_name": canary,
        "fields": [fact],
        "history": [
            contact("h1", summary=f"{canary} Box redémarrée", outcome="unsolved"),
            contact(
                "h2",
                "2026-01-06T09:00:00Z",
                promise=f"{canary} Rappel",
                promise_due="2026-01-07T09:00:00Z",
            ),
        ],
    }
    await gateway.http.put(f"/v1/customers/{customer_id}", json=record, headers=crm)
    key = {"Idempotency-Key": canary}
    await gateway.http.post(
        "/v1/webhooks",
        json={"url": "https://receiver.invalid/", "types": ["turn.final", "conversation.ended"]},
        headers=crm | key,
    )
    answer = await gateway.http.post(
        "/v1/conversations",
        json={"channel": "chat", "customer_id": customer_id, "id": f"c-{canary}"},
        headers=gateway.auth("ingest") | key,
    )
    conversation = str(answer.json()["id"])
    await gateway.http.post(
        f"/v1/conversations/{conversation}/turns",
        json={"role": "customer", "text": f"{canary} Ma box ne marche pas", "id": f"t-{canary}"},
        headers=gateway.auth("ingest") | {"Idempotency-Key": canary + "2"},
    )
    events = [
        TurnAnalysedEvent(
            conversation_id=conversation,
            time="2026-01-07T10:00:00Z",  # type: ignore[arg-type]
            data=analysis(f"t-{canary}", -0.6, "internet_down"),
        ),
        SuggestionOfferedEvent(
            conversation_id=conversation,
            time="2026-01-07T10:00:00Z",  # type: ignore[arg-type]
            data=SuggestionOffered(suggestion=suggestion(f"s-{canary}", "Titre")),
        ),
    ]
    for number, event in enumerate(events, 1):
        await gateway.journal.publish("acme", event, producer="assist", seq=number)
    return conversation


async def _traces(gateway: Running, canary: str) -> list[str]:
    """Every key of Redis whose name or value holds the canary."""
    found = []
    redis = gateway.journal.redis
    async for name in redis.scan_iter("*", count=1000):
        kind = await redis.type(name)
        read = {
            "string": lambda n: redis.get(n),
            "hash": lambda n: redis.hgetall(n),
            "set": lambda n: redis.smembers(n),
            "zset": lambda n: redis.zrange(n, 0, -1),
            "list": lambda n: redis.lrange(n, 0, -1),
            "stream": lambda n: redis.xrange(n),
        }[str(kind)]
        if canary in str(name) or canary in str(await read(name)):
            found.append(f"{kind} {name}")
    return found


async def test_erasure_leaves_no_trace(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await _lived(gateway, "k-Canari1", "Canari1")
        kept = await _lived(gateway, "k-Temoin2", "Temoin2")
        crm = gateway.auth("crm")
        redis = gateway.journal.redis
        async with asyncio.timeout(10):
            while not await redis.exists("acme/conversation/c-Canari1/deliveries"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        before = await _traces(gateway, "Canari1")
        assert len(before) >= 8, before
        assert any("shard" in name for name in before)

        export = await gateway.http.get("/v1/customers/k-Canari1/export", headers=crm)
        assert export.status_code == 200, export.text
        held = export.json()
        assert held["customer"]["history"][0]["summary"] == "Canari1 Box redémarrée"
        types = [event["type"] for event in held["conversations"][0]["events"]]
        assert types == [
            "conversation.started",
            "context.updated",
            "turn.final",
            "turn.analysed",
            "suggestion.offered",
        ]
        assert held["conversations"][0]["deliveries"][0]["type"] == "turn.final"

        receipt = await gateway.http.delete("/v1/customers/k-Canari1", headers=crm)
        assert receipt.status_code == 200, receipt.text
        said = receipt.json()
        assert (said["record"], said["contacts"], said["conversations"]) == (True, 2, 1)
        assert (said["events"], said["kept_answers"]) == (5, 2)
        assert said["deliveries"] >= 1
        assert said["log_rewritten"] is True
        assert await _traces(gateway, "Canari1") == []
        await until(lambda: not _in_files(tmp_path / "redis", b"Canari1"), within_s=20)

        assert (
            await gateway.http.delete("/v1/customers/k-Canari1", headers=crm)
        ).status_code == 404
        again = await gateway.http.get("/v1/conversations/c-Canari1", headers=crm)
        assert again.status_code == 404
        # The other customer's are all there, and their conversation goes on.
        turns = await gateway.http.get(f"/v1/conversations/{kept}/turns", headers=crm)
        assert len(turns.json()["items"]) == 1
        await gateway.say(kept, "Encore")
        assert len(await _traces(gateway, "Temoin2")) >= 8


async def test_a_live_conversation_that_is_erased_is_over_for_everybody(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create(customer_id="k1")
        async with gateway.socket("/v1/ingest/chat", "ingest") as chat:
            await tell(chat, type="start", conversation_id=conversation)
            await hear(chat)
            async with gateway.adviser(conversation) as panel:
                await hear(panel)
                receipt = await gateway.http.delete("/v1/customers/k1", headers=gateway.auth("crm"))
                assert receipt.json()["conversations"] == 1
                with pytest.raises(ConnectionClosed) as closed:
                    await hear_until(panel, "nothing", within_s=10)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1013
            with pytest.raises(InvalidStatus) as refused:
                await gateway.adviser(conversation)
            assert refused.value.response.status_code == 404
            with suppress(ConnectionClosed):
                await tell(chat, type="turn", role="customer", text="Encore là ?")
                await hear_until(chat, "nothing")
        assert await _traces(gateway, conversation) == []


def _in_files(folder: Path, canary: bytes) -> list[str]:
    """Files of Redis, appended log and snapshots, that hold the canary."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in {".aof", ".rdb"} and canary in path.read_bytes()
    ]


async def test_a_briefing_quotes_its_sources(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await _lived(gateway, "k1", "Mme-X")
        turns = (said(conversation, f"x{number}", f"tour {number}") for number in range(300))
        for turn in turns:
            await gateway.journal.publish("acme", turn, producer=turn.data.id, seq=1)
        path = f"/v1/conversations/{conversation}/briefing"
        answer = await gateway.http.get(path, headers=gateway.auth("adviser"))
        assert answer.status_code == 200, answer.text
        assert answer.elapsed.total_seconds() < 1
        brief = answer.json()
        assert brief["asks"]["label"] == "internet_down"
        assert brief["asks"]["evidence"]["turn_id"] == "t-Mme-X"
        assert brief["mood"]["score"] == pytest.approx(-0.6)
        assert [item["text"] for item in brief["history"]] == ["h2", "Mme-X Box redémarrée"]
        (promise,) = brief["open_promises"]
        assert (promise["text"], promise["overdue"]) == ("Mme-X Rappel", True)
        assert promise["evidence"]["origin"] == "CRM"
        assert [item["label"] for item in brief["tried"]] == ["unsolved"]
        for section in ("record", "history", "open_promises", "tried"):
            for item in brief[section]:
                evidence = item["evidence"]
                assert item["text"] == evidence.get("quote", evidence.get("value"))


async def test_an_import_takes_what_fits_and_names_the_lines_that_do_not(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        crm = gateway.auth("crm") | {"Content-Type": "application/x-ndjson"}
        lines = [json.dumps({"id": f"k{n}", "display_name": f"Client {n}"}) for n in range(1_200)]
        lines[3] = "{"
        lines[7] = json.dumps({"id": "a/b"})
        lines[9] = ""
        lines[11] = json.dumps({"id": "k11", "display_name": "x" * 3_000})
        lines[13] = json.dumps({"id": "k13", "tenant": "other"})
        lines[15] = '"' + "x" * 2_200_000
        body = "\n".join(lines).encode()
        gate = asyncio.Event()

        async def slowly() -> Any:
            yield body[:10_000]
            await gate.wait()
            for at in range(10_000, len(body), 65_536):
                yield body[at : at + 65_536]

        path = "/v1/customers/import?id=nightly"
        sending = asyncio.ensure_future(
            gateway.http.post(path, content=slowly(), headers=crm | {"Idempotency-Key": "n"})
        )
        async with asyncio.timeout(5):
            while True:
                progress = await gateway.http.get("/v1/imports/nightly", headers=crm)
                if progress.status_code == 200:
                    break
                await asyncio.sleep(0.02)
        assert progress.json()["state"] == "running"
        busy = await gateway.http.post(path, content=b"", headers=crm | {"Idempotency-Key": "n"})
        assert busy.status_code == 409
        gate.set()
        answer = await sending
        assert answer.status_code == 200, answer.text
        result = answer.json()
        assert (result["state"], result["lines"]) == ("finished", 1_200)
        assert (result["stored"], result["refused"]) == (1_194, 5)
        told = {error["line"]: (error["code"], error["field"]) for error in result["errors"]}
        assert told == {
            4: ("malformed_input", None),
            8: ("invalid_input", "id"),
            12: ("invalid_input", "display_name"),
            14: ("invalid_input", "tenant"),
            16: ("too_large", None),
        }
        stored = await gateway.http.get("/v1/customers/k1199", headers=crm)
        assert stored.json()["display_name"] == "Client 1199"
        again = await gateway.http.post(path, content=body, headers=crm | {"Idempotency-Key": "n"})
        assert (again.status_code, again.json()) == (200, result)
        other = await gateway.http.post(path, content=b"", headers=crm | {"Idempotency-Key": "n"})
        assert other.status_code == 422
        assert (await gateway.http.post(path, content=b"", headers=crm)).status_code == 409
        unchanged = await gateway.http.post(
            "/v1/customers/import", content=lines[0].encode(), headers=crm
        )
        assert unchanged.json()["unchanged"] == 1
        listed = await gateway.http.get("/v1/imports?limit=1", headers=crm)
        assert listed.json()["items"][0]["id"] == unchanged.json()["id"]
        assert listed.json()["next"] is not None


async def test_every_list_is_paged_alike(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        conversation = await gateway.create()
        for number in range(5):
            await gateway.say(conversation, f"tour {number}", id=f"t{number}")
        for part in ("turns", "events"):
            seen: list[str] = []
            query: dict[str, Any] = {"limit": 2}
            while True:
                page = await gateway.http.get(
                    f"/v1/conversations/{conversation}/{part}",
                    params=query,
                    headers=gateway.auth("crm"),
                )
                seen += [item["id"] for item in page.json()["items"]]
                if page.json()["next"] is None:
                    break
                query["cursor"] = page.json()["next"]
            assert len(seen) == len(set(seen)) == (5 if part == "turns" else 6)
        bad = await gateway.http.get(
            f"/v1/conversations/{conversation}/turns?cursor=AAAA", headers=gateway.auth("crm")
        )
        assert (bad.status_code, bad.json()["field"]) == (422, "cursor")
