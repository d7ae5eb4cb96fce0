"""An administrator writes a playbook with curl; the adviser's socket shows its card, live."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.gateway_server import hear
from tests.fakes.stack import Stack
from tests.fakes.tenant_books import PARCEL, book

TENANT = "atelier"
"""Not the tenant of the other tests: they go on with the built-in playbook."""


def curl(souffleur: Stack, *arguments: str) -> tuple[int, dict[str, str], bytes]:
    """Call ``/v1/playbook`` as the guide says; return status, headers and body."""
    program = shutil.which("curl")
    if program is None:
        pytest.skip("there is no curl here")
    *options, path = arguments
    done = subprocess.run(
        [
            *(program, "--silent", "--include", "--noproxy", "*"),
            *("-H", f"Authorization: Bearer {souffleur.token('admin', TENANT)}"),
            *(*options, f"{souffleur.url}/v1/playbook{path}"),
        ],
        capture_output=True,
        check=True,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


async def card_for(souffleur: Stack, number: int) -> dict[str, Any]:
    """Begin a chat, say that a parcel is late; return the card that the adviser sees."""
    auth = {"Authorization": f"Bearer {souffleur.token('admin', TENANT)}"}
    name = f"{TENANT}-{number}-{time.monotonic_ns()}"
    async with souffleur.http() as http:
        http.headers.update(auth)
        started = {"channel": "chat", "id": name, "language": "fr"}
        assert (await http.post("/v1/conversations", json=started)).status_code == 201
        path = f"/v1/adviser/stream?conversation_id={name}"
        async with souffleur.socket(path, "adviser", additional_headers=auth) as panel:
            assert (await hear(panel))["type"] == "snapshot"
            turn = {"role": "customer", "text": PARCEL}
            await http.post(f"/v1/conversations/{name}/turns", json=turn)
            while True:
                frame = await hear(panel, 10)
                event = frame.get("event", {})
                if event.get("type") == "suggestion.offered":
                    return dict(event["data"]["suggestion"])


async def until_card(souffleur: Stack, subject: str, within_s: float = 15) -> float:
    began = time.monotonic()
    number = 0
    while (await card_for(souffleur, number := number + 1))["subject"] != subject:
        assert time.monotonic() - began < within_s
    return time.monotonic() - began


@pytest.mark.timeout(120)
async def test_what_curl_writes_the_adviser_sees(souffleur: Stack, tmp_path: Path) -> None:
    before = (await card_for(souffleur, 0))["subject"]
    status, headers, shown = curl(souffleur, "")
    assert (status, headers["souffleur-playbook-origin"]) == (200, "built-in")
    assert shown.startswith(b"#")
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(book("call_carrier")), encoding="utf-8")
    write = ("-X", "PUT", "-H", "Content-Type: application/yaml", "--data-binary", f"@{file}")
    assert curl(souffleur, *write, "")[0] == 428
    status, _, _ = curl(souffleur, *write, "-H", f"If-Match: {headers['etag']}", "")
    assert status == 201
    assert await until_card(souffleur, "call_carrier") < 10
    card = await card_for(souffleur, 1)
    assert card["payload"]["playbook"] == "own/shop@1"
    file.write_text(json.dumps(book("call_carrier") | {"topics": []}), encoding="utf-8")
    status, _, body = curl(souffleur, *write, "-H", "If-Match: *", "")
    assert status == 422
    assert {error["path"] for error in json.loads(body)["errors"]} == {
        f"intents.{number}.topic" for number in range(3)
    }
    assert curl(souffleur, "-X", "DELETE", "")[0] == 204
    await until_card(souffleur, before)
    back = ("-X", "POST", "-H", "Content-Type: application/json", "-d", '{"version": 1}')
    assert curl(souffleur, *back, "/rollback")[0] == 200
    await until_card(souffleur, "call_carrier")
    status, _, body = curl(souffleur, "/status")
    [assistant] = json.loads(body)["assistants"]
    assert (json.loads(body)["active"], json.loads(body)["ready"]) == (2, True)
    assert assistant["version"] == 2


@pytest.mark.timeout(120)
async def test_the_command_checks_and_pushes(souffleur: Stack, tmp_path: Path) -> None:
    def souffleur_playbook(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.cli", "playbook", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    file = tmp_path / "shop.json"
    content = book("offer_refund")
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
    checked = souffleur_playbook("check", str(file))
    assert checked.returncode == 0, checked.stderr
    assert "sound; 3 intents, 1 actions, 0 cues" in checked.stdout
    options = ("--gateway", souffleur.url, "--token", souffleur.token("admin", "forge"))
    pushed = souffleur_playbook("push", str(file), *options, "--note", "Premier")
    assert (pushed.returncode, pushed.stdout.split(";")[0]) == (0, "version 1 in force")
    again = souffleur_playbook("push", str(file), *options)
    assert again.stdout.startswith("version 1 was in force already")
    content["actions"][0]["when"]["intents"] = ["delivery_lat"]
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
    line = file.read_text().split("\n").index('     "delivery_lat"') + 1
    for arguments in (("check", str(file)), ("push", str(file), *options)):
        refused = souffleur_playbook(*arguments)
        assert refused.returncode == 1
        assert f"shop.json:{line}: actions.0.when.intents" in refused.stderr
        assert "delivery_late" in refused.stderr
