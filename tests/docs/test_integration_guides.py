"""What the guides tell integrators to copy is what the gateway takes."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from services.contracts.customer import CustomerUpsert
from services.gateway.channels.asterisk import AsteriskCodec
from services.gateway.channels.base import CodecEvent, ConversationOpened, Handshake, LegOpened
from services.gateway.channels.jambonz import JambonzCodec
from services.gateway.channels.twilio import TwilioCodec
from services.gateway.channels.vonage import VonageCodec
from services.gateway.rest.admin_bodies import IntegrationPut
from services.kit.settings import Settings
from services.records.integrations import KINDS

GUIDES = Path(__file__).parents[2] / "docs" / "integrations"
BODY = re.compile(r"-d '(\{\"kind\".*?\})'\n", re.DOTALL)


def blocks(guide: str, language: str) -> list[str]:
    """Return the code blocks of a guide, wherever they stand in a list."""
    text = (GUIDES / guide).read_text()
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def opened(events: list[CodecEvent]) -> tuple[ConversationOpened, list[str]]:
    first, *legs = events
    assert isinstance(first, ConversationOpened), events
    return first, [leg.role for leg in legs if isinstance(leg, LegOpened)]


@pytest.mark.parametrize("guide", sorted(path.name for path in GUIDES.glob("*.md")))
def test_stored_integrations_are_taken_as_written(guide: str) -> None:
    for body in BODY.findall((GUIDES / guide).read_text()):
        IntegrationPut.model_validate_json(body)


def test_every_kind_of_integration_has_its_guide() -> None:
    bodies = [body for path in GUIDES.glob("*.md") for body in BODY.findall(path.read_text())]
    assert {json.loads(body)["kind"] for body in bodies} >= set(KINDS)


def test_the_record_that_salesforce_sends_is_taken_as_written() -> None:
    (record,) = blocks("salesforce.md", "json")
    assert CustomerUpsert.model_validate_json(record).history[0].outcome == "unsolved"


def test_the_twiml_opens_the_call_that_it_describes() -> None:
    (twiml,) = blocks("twilio.md", "xml")
    stream = ElementTree.fromstring(twiml).find("Start/Stream")
    assert stream is not None
    assert stream.attrib["track"] == "both_tracks"
    account = stream.attrib["url"].rpartition("/")[2]
    start: dict[str, Any] = {
        "accountSid": account,
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound", "outbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
        "customParameters": {each.attrib["name"]: each.attrib["value"] for each in stream},
    }
    codec = TwilioCodec(Handshake(config={"account_sid": account}))
    call, roles = opened(codec.receive_text(json.dumps({"event": "start", "start": start})))
    assert (call.customer_id, call.adviser_id, call.language) == ("K-31", "a7", "fr")
    assert roles == ["customer", "adviser"]


def test_the_listen_verb_opens_the_call_that_it_describes() -> None:
    (application,) = blocks("jambonz.md", "json")
    listen = json.loads(application)[0]["listen"]
    message = {name: listen[name] for name in ("mixType", "sampleRate", "metadata")}
    call, roles = opened(JambonzCodec(Handshake()).receive_text(json.dumps(message)))
    assert (call.customer_id, call.language) == ("K-31", "fr")
    assert roles == ["customer", "adviser"]


def test_the_websocket_endpoint_opens_the_party_that_it_describes() -> None:
    (request,) = blocks("vonage.md", "json")
    (endpoint,) = json.loads(request)["to"]
    message = {"event": "websocket:connected", "content-type": endpoint["content-type"]}
    assert len(json.dumps(endpoint["headers"])) <= 512
    events = VonageCodec(Handshake()).receive_text(json.dumps(message | endpoint["headers"]))
    call, roles = opened(events)
    assert (call.conversation_id, roles) == ("CON-7f1a", ["customer"])


def test_the_dialplan_opens_both_parties_of_one_call() -> None:
    dialplan = "\n".join(blocks("asterisk.md", "ini"))
    found = []
    for parameters in re.findall(r"/c\(ulaw\)v\(([^)]*)\)", dialplan):
        plain = parameters.replace("${CALL}", "1763800000.12")
        query = dict(pair.split("=", 1) for pair in plain.split(","))
        codec = AsteriskCodec(Handshake(query=query))
        call, roles = opened(codec.receive_text("MEDIA_START connection_id:x format:ulaw"))
        found.append((call.conversation_id, *roles))
    assert found == [("1763800000.12", "customer"), ("1763800000.12", "adviser")]


def test_the_settings_of_audiosocket_are_settings() -> None:
    names = set(re.findall(r"SOUFFLEUR_(\w+)", (GUIDES / "asterisk.md").read_text()))
    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)
