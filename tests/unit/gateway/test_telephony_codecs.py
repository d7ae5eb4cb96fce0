"""Asterisk, jambonz, Vonage and AudioSocket, frame by frame as their documentation shows them."""

import itertools
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.channels.asterisk import AsteriskCodec
from services.gateway.channels.audiosocket import AudioSocketCodec
from services.gateway.channels.base import (
    AudioChunk,
    Codec,
    CodecEvent,
    ConversationOpened,
    Finished,
    Handshake,
    LegOpened,
    Refused,
)
from services.gateway.channels.jambonz import JambonzCodec
from services.gateway.channels.vonage import VonageCodec

PLAIN = (
    "MEDIA_START connection_id:e226e283-c90a-4ea9-9e37-389000b9ef47 "
    "channel:WebSocket/souffleur/0x7f format:ulaw optimal_frame_size:160 ptime:20"
)
START: dict[str, Any] = {
    "event": "MEDIA_START",
    "connection_id": "e226e283-c90a-4ea9-9e37-389000b9ef47",
    "channel": "WebSocket/souffleur/0x7f",
    "channel_id": "1763800000.12",
    "format": "ulaw",
    "optimal_frame_size": 160,
    "ptime": 20,
    "channel_variables": {},
}
CALL = "9fb35c28-9688-4531-943c-e280b04f3adf"
LISTEN: dict[str, Any] = {
    "callSid": CALL,
    "accountSid": "fef61e75-cec3-496c-a7bc-8368e4d02a04",
    "applicationSid": "0e0681b0-d49f-4fb8-b973-b5a3c6758de1",
    "from": "+15083084809",
    "to": "+15083728299",
    "direction": "inbound",
    "callStatus": "in-progress",
    "sampleRate": 8000,
    "mixType": "stereo",
    "metadata": {"customer_id": "k1", "language": "fr"},
}
CONNECTED: dict[str, Any] = {
    "event": "websocket:connected",
    "content-type": "audio/l16;rate=16000",
    "conversation_id": "CON-1",
    "role": "adviser",
    "adviser_id": "a1",
}
WHO = {"role": "adviser", "conversation_id": "c1", "language": "fr"}


def refused(events: list[CodecEvent]) -> Refused:
    (event,) = events
    assert isinstance(event, Refused)
    assert event.fatal
    return event


@pytest.mark.parametrize("start", [PLAIN, json.dumps(START)], ids=["plain", "json"])
def test_asterisk_opens_the_party_that_the_query_names(start: str) -> None:
    codec = AsteriskCodec(Handshake(query=WHO))
    assert codec.receive_text(start) == [
        ConversationOpened("voice", "c1", language="fr"),
        LegOpened(0, "adviser", "mulaw", 8000, "fr"),
    ]
    assert codec.receive_bytes(b"\x7f" * 160) == [AudioChunk(0, b"\x7f" * 160)]
    for other in ("DTMF_END digit:5 channel_id:1", "MEDIA_XOFF", '{"event":"QUEUE_DRAINED"}'):
        assert codec.receive_text(other) == []


@pytest.mark.parametrize(
    ("name", "leg"),
    [
        ("alaw", ("pcm_s16le", 8000)),
        ("slin", ("pcm_s16le", 8000)),
        ("slin16", ("pcm_s16le", 16000)),
    ],
)
def test_asterisk_formats(name: str, leg: tuple[str, int]) -> None:
    opened = AsteriskCodec(Handshake(query=WHO)).receive_text(json.dumps(START | {"format": name}))
    assert isinstance(opened[1], LegOpened)
    assert (opened[1].encoding, opened[1].sample_rate) == leg


@pytest.mark.parametrize(
    ("query", "message", "field"),
    [
        ({"conversation_id": "c1"}, PLAIN, "role"),
        ({"role": "bot"}, PLAIN, "role"),
        (WHO | {"conversation_id": "a b"}, PLAIN, "conversation_id"),
        (WHO, json.dumps(START | {"format": "opus"}), "format"),
        (WHO, "MEDIA_START format:ulaw", "MEDIA_START.connection_id"),
        (WHO, json.dumps(START | {"event": "STATUS"}), "event"),
        (WHO, "HELLO", None),
        ({"role": "adviser"}, "MEDIA_START connection_id:/x format:ulaw", "conversation_id"),
    ],
)
def test_asterisk_refuses_and_names_the_field(
    query: dict[str, str], message: str, field: str | None
) -> None:
    assert refused(AsteriskCodec(Handshake(query=query)).receive_text(message)).error.field == field


def test_jambonz_stereo_is_caller_left_adviser_right() -> None:
    codec = JambonzCodec(Handshake())
    assert codec.receive_text(json.dumps(LISTEN)) == [
        ConversationOpened("voice", CALL, customer_id="k1", language="fr"),
        LegOpened(0, "customer", "pcm_s16le", 8000, "fr"),
        LegOpened(1, "adviser", "pcm_s16le", 8000, "fr"),
    ]
    assert codec.receive_bytes(b"aaAAbbBB") == [AudioChunk(0, b"aabb"), AudioChunk(1, b"AABB")]
    assert codec.receive_text('{"event":"dtmf","dtmf":"5"}') == []


def test_jambonz_mono_is_the_role_that_the_metadata_names() -> None:
    flat = {name: value for name, value in LISTEN.items() if name != "metadata"}
    message = flat | {"mixType": "mono", "role": "adviser", "conversation_id": "c9"}
    codec = JambonzCodec(Handshake())
    assert codec.receive_text(json.dumps(message)) == [
        ConversationOpened("voice", "c9"),
        LegOpened(0, "adviser", "pcm_s16le", 8000),
    ]
    assert codec.receive_bytes(b"aabb") == [AudioChunk(0, b"aabb")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mixType": "mixed"}, "mixType"),
        ({"callSid": "a b"}, "conversation_id"),
        ({"sampleRate": 24000}, "sampleRate"),
        ({"sampleRate": None}, "message.sampleRate"),
        ({"metadata": {"adviser_id": "a b"}}, "adviser_id"),
    ],
)
def test_jambonz_refuses_and_names_the_field(change: dict[str, Any], field: str) -> None:
    codec = JambonzCodec(Handshake())
    assert refused(codec.receive_text(json.dumps(LISTEN | change))).error.field == field


def test_vonage_opens_with_the_headers_of_the_endpoint() -> None:
    codec = VonageCodec(Handshake())
    assert codec.receive_text(json.dumps(CONNECTED)) == [
        ConversationOpened("voice", "CON-1", adviser_id="a1"),
        LegOpened(0, "adviser", "pcm_s16le", 16000),
    ]
    assert codec.receive_bytes(b"ab" * 320) == [AudioChunk(0, b"ab" * 320)]
    for other in ("websocket:dtmf", "websocket:notify", "websocket:cleared", "websocket:ping"):
        assert codec.receive_text(json.dumps({"event": other, "digit": "5"})) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"content-type": "audio/l16;rate=24000"}, "content-type"),
        ({"content-type": "audio/opus"}, "content-type"),
        ({"content-type": None}, "message.content-type"),
        ({"event": "websocket:dtmf"}, "event"),
        ({"role": "bot"}, "role"),
        ({"role": None}, "role"),
    ],
)
def test_vonage_refuses_and_names_the_field(change: dict[str, Any], field: str) -> None:
    codec = VonageCodec(Handshake())
    assert refused(codec.receive_text(json.dumps(CONNECTED | change))).error.field == field


@pytest.mark.parametrize(
    ("codec", "start"),
    [
        (AsteriskCodec(Handshake(query=WHO)), json.dumps(START | {"format": "slin"})),
        (JambonzCodec(Handshake()), json.dumps(LISTEN)),
        (VonageCodec(Handshake()), json.dumps(CONNECTED)),
    ],
    ids=["asterisk", "jambonz", "vonage"],
)
def test_audio_comes_after_the_start_in_whole_samples(codec: Codec, start: str) -> None:
    assert refused(codec.receive_bytes(b"ab")).error.close_code == 1003
    codec.receive_text(start)
    assert refused(codec.receive_bytes(b"abc")).error.field == "audio"


def packet(kind: int, payload: bytes = b"") -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


def name(last: str) -> uuid.UUID:
    return uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d1" + last)


TALK = packet(0x01, name("1").bytes) + packet(0x10, b"ab" * 160) + packet(0x00)
TOLD = [
    ConversationOpened("voice", str(name("0"))),
    LegOpened(0, "adviser", "pcm_s16le", 8000),
    AudioChunk(0, b"ab" * 160),
    Finished(),
]


def test_audiosocket_parties_meet_by_their_uuids_last_digit() -> None:
    assert AudioSocketCodec().receive(TALK) == TOLD
    customer = AudioSocketCodec().receive(packet(0x01, name("0").bytes) + packet(0x12, b"ab"))
    assert customer[:2] == [
        ConversationOpened("voice", str(name("0"))),
        LegOpened(0, "customer", "pcm_s16le", 16000),
    ]


@given(cuts=st.lists(st.integers(0, len(TALK)), max_size=8))
def test_how_audiosocket_is_cut_changes_nothing(cuts: list[int]) -> None:
    codec, places = AudioSocketCodec(), sorted([0, *cuts, len(TALK)])
    pieces = [TALK[start:end] for start, end in itertools.pairwise(places)]
    assert [event for piece in pieces for event in codec.receive(piece)] == TOLD
    assert codec.ended() == []


def test_the_end_of_the_connection_is_a_hang_up_once_there_was_audio() -> None:
    codec = AudioSocketCodec()
    codec.receive(packet(0x01, name("0").bytes) + packet(0x10, b"ab") + packet(0x03, b"5"))
    assert codec.ended() == [Finished()]
    assert codec.ended() == []
    silent = AudioSocketCodec()
    silent.receive(packet(0x01, name("0").bytes))
    assert silent.ended() == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (packet(0x10, b"ab"), "type"),
        (packet(0x01, b"short"), "uuid"),
        (packet(0x01, name("7").bytes), "uuid"),
        (packet(0x01, name("0").bytes) * 2, "uuid"),
        (packet(0x01, name("0").bytes) + packet(0x13, b"ab"), "type"),
        (packet(0x01, name("0").bytes) + packet(0x10, b"a"), "audio"),
    ],
)
def test_audiosocket_refuses_and_names_the_field(data: bytes, field: str) -> None:
    codec = AudioSocketCodec()
    event = codec.receive(data)[-1]
    assert isinstance(event, Refused)
    assert (event.error.field, event.fatal) == (field, True)
    assert codec.receive(TALK) == []


@given(data=st.binary(max_size=200))
def test_nothing_makes_audiosocket_raise(data: bytes) -> None:
    codec = AudioSocketCodec()
    codec.receive(data)
    codec.ended()
