"""Twilio and Telnyx streams, frame by frame as their documentation shows them."""

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    ConversationOpened,
    Finished,
    Gap,
    Handshake,
    LegOpened,
    Refused,
)
from services.gateway.channels.media_streams import MediaStreamsCodec
from services.gateway.channels.samples import linear_from_alaw
from services.gateway.channels.telnyx import TelnyxCodec
from services.gateway.channels.twilio import TwilioCodec

STREAM = "MZ18ad3ab5a668481ce02b83e7395059f0"
ACCOUNT = "AC123456789abcdef0123456789abcdef0"
CALL = "CA123456789abcdef0123456789abcdef0"
SESSION = "ff55a038-6f5d-11ef-9692-02420aeffb1f"

TWILIO: list[dict[str, Any]] = [
    {"event": "connected", "protocol": "Call", "version": "1.0.0"},
    {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": ACCOUNT,
            "streamSid": STREAM,
            "callSid": CALL,
            "tracks": ["inbound", "outbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"customer_id": "k1", "language": "fr-FR", "queue": "7"},
        },
        "streamSid": STREAM,
    },
]
TELNYX: list[dict[str, Any]] = [
    {"event": "connected", "version": "1.0.0"},
    {
        "event": "start",
        "sequence_number": "1",
        "stream_id": "32DE0DEA-53CB-4B21-89A4-9E1819C043BC",
        "start": {
            "user_id": "3E6F995F-85F7-4705-9741-53B116D28237",
            "call_control_id": "v2:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ",
            "call_session_id": SESSION,
            "from": "+13122010094",
            "to": "+13122123456",
            "client_state": "aGF2ZSBhIG5pY2UgZGF5ID1d",
            "custom_parameters": {"customer_id": "customer_123"},
            "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
        },
    },
]


def frame(number: int, track: int = 0) -> bytes:
    """Return 20 ms of mu-law that nothing else sounds like."""
    return bytes([(number * 2 + track) % 255]) * 160


def media(
    number: int, track: str = "inbound", *, chunk: int | None = None, telnyx: bool = False
) -> dict[str, Any]:
    samples = frame(number, int(track == "outbound"))
    return {
        "event": "media",
        "sequenceNumber": str(number + 2),
        "media": {
            "track": track,
            "chunk": str(number + 1 if chunk is None else chunk),
            "timestamp": str(20 * number),
            "payload": base64.b64encode(samples).decode(),
        },
        **({"stream_id": TELNYX[1]["stream_id"]} if telnyx else {"streamSid": STREAM}),
    }


def tell(codec: MediaStreamsCodec, *messages: dict[str, Any]) -> list[CodecEvent]:
    return [event for message in messages for event in codec.receive_text(json.dumps(message))]


def twilio(**config: str | bool | int) -> TwilioCodec:
    codec = TwilioCodec(Handshake(config=config))
    tell(codec, *TWILIO)
    return codec


def telnyx() -> TelnyxCodec:
    codec = TelnyxCodec(Handshake())
    tell(codec, *TELNYX)
    return codec


def heard(events: list[CodecEvent], index: int = 0) -> bytes:
    """Return what a leg would hear: gaps as silence."""
    out = b""
    for event in events:
        if isinstance(event, AudioChunk) and event.index == index:
            out += event.samples
        elif isinstance(event, Gap) and event.index == index:
            out += b"\xff" * round(8 * event.duration_ms)
    return out


def test_twilio_opens_the_call_with_what_the_twiml_says() -> None:
    assert tell(TwilioCodec(Handshake()), *TWILIO) == [
        ConversationOpened("voice", CALL, customer_id="k1", language="fr"),
        LegOpened(0, "customer", "mulaw", 8000, "fr"),
        LegOpened(1, "adviser", "mulaw", 8000, "fr"),
    ]


def test_both_tracks_go_to_their_legs_until_the_stop() -> None:
    codec = twilio()
    assert tell(codec, media(0), media(0, "outbound"), media(1)) == [
        AudioChunk(0, frame(0)),
        AudioChunk(1, frame(0, 1)),
        AudioChunk(0, frame(1)),
    ]
    stop = {"event": "stop", "stop": {"accountSid": ACCOUNT, "callSid": CALL}, "streamSid": STREAM}
    assert tell(codec, stop) == [Finished()]
    assert tell(codec, media(2), stop) == []


def test_marks_digits_other_streams_and_new_messages_are_left_alone() -> None:
    codec = twilio()
    digits = {"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "1"}}
    mark = {"event": "mark", "streamSid": STREAM, "mark": {"name": "greeting"}}
    strange = media(0) | {"streamSid": "MZanother"}
    assert tell(codec, digits, mark, strange, {"event": "weather"}, {}) == []


def test_what_was_lost_leaves_a_gap_and_shifts_nothing() -> None:
    codec = twilio()
    assert tell(codec, media(0), media(3)) == [
        AudioChunk(0, frame(0)),
        Gap(0, 40.0),
        AudioChunk(0, frame(3)),
    ]
    assert tell(twilio(), media(150)) == [Gap(0, 3000.0), AudioChunk(0, frame(150))]


def test_what_comes_twice_or_late_is_left_out() -> None:
    codec = twilio()
    events = tell(codec, media(0), media(0), media(2), media(1), media(2), media(3))
    assert heard(events) == frame(0) + b"\xff" * 160 + frame(2) + frame(3)


def test_a_timestamp_that_trembles_is_no_loss() -> None:
    codec = twilio()
    events: list[CodecEvent] = []
    for number in range(50):
        shaken = media(number)
        shaken["media"]["timestamp"] = str(20 * number + (7, -6, 0)[number % 3] * (number > 0))
        events += tell(codec, shaken)
    assert heard(events) == b"".join(frame(number) for number in range(50))


def test_a_side_that_sends_nothing_for_a_while_hears_silence() -> None:
    codec = twilio()
    tell(codec, media(0, "outbound"))
    events = tell(codec, *(media(number) for number in range(200)))
    silence = heard(events, 1)
    assert 2_900 * 8 <= len(silence) <= 3_500 * 8
    rest = tell(codec, media(200, "outbound"))
    assert len(silence) + len(heard(rest, 1)) == 200 * 160
    # A side that never spoke has no recogniser to tell anything.
    assert heard(tell(twilio(), *(media(number) for number in range(200))), 1) == b""


def test_random_loss_and_repeats_keep_every_packet_in_its_place() -> None:
    choice = random.Random(4)
    for _ in range(20):
        codec, expected, events = twilio(), b"", []
        for number in range(200):
            lost = choice.random() < 0.05 and number < 199
            expected += b"\xff" * 160 if lost else frame(number)
            sent = [] if lost else [media(number)] * (2 if choice.random() < 0.05 else 1)
            events += tell(codec, *sent)
        assert heard(events) == expected


def test_an_adviser_who_calls_is_the_inbound_side() -> None:
    start = json.loads(json.dumps(TWILIO[1]))
    start["start"]["customParameters"]["inbound_role"] = "adviser"
    legs = [event for event in tell(twilio_fresh(), start) if isinstance(event, LegOpened)]
    assert [leg.role for leg in legs] == ["adviser", "customer"]


def twilio_fresh(**config: str | bool | int) -> TwilioCodec:
    return TwilioCodec(Handshake(config=config))


def test_another_account_is_forbidden_before_anything_is_opened() -> None:
    (refused,) = tell(twilio_fresh(account_sid="AC" + "0" * 32), *TWILIO)
    assert isinstance(refused, Refused)
    assert (refused.error.code, refused.fatal) == ("forbidden", True)
    assert len(tell(twilio_fresh(account_sid=ACCOUNT), *TWILIO)) == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mediaFormat": {"encoding": "audio/opus", "sampleRate": 8000}}, "start.mediaFormat"),
        ({"mediaFormat": {"encoding": "PCMU", "sampleRate": 16000}}, "start.mediaFormat"),
        ({"tracks": ["sideways"]}, "start.tracks.0"),
        ({"tracks": []}, "start.tracks"),
        ({"callSid": None}, "start.callSid"),
        ({"callSid": "C A"}, "conversation_id"),
        ({"customParameters": {"customer_id": "a b"}}, "customer_id"),
        ({"customParameters": {"inbound_role": "bot"}}, "inbound_role"),
    ],
)
def test_a_wrong_start_names_its_field(change: dict[str, Any], field: str) -> None:
    start = TWILIO[1] | {"start": TWILIO[1]["start"] | change}
    (refused,) = tell(twilio_fresh(), start)
    assert isinstance(refused, Refused)
    assert (refused.error.field, refused.fatal) == (field, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payload": "@@@"}, "media.payload"),
        ({"timestamp": "soon"}, "media.timestamp"),
        ({"timestamp": str(10**12)}, "media.timestamp"),
        ({"track": "both"}, "media.track"),
    ],
)
def test_a_wrong_packet_names_its_field(change: dict[str, Any], field: str) -> None:
    message = media(0)
    message["media"] |= change
    (refused,) = tell(twilio(), message)
    assert isinstance(refused, Refused)
    assert (refused.error.field, refused.fatal) == (field, True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(data=st.data(), codec=st.sampled_from([TwilioCodec, TelnyxCodec]))
def test_no_shape_of_a_message_makes_a_codec_raise(
    data: st.DataObject, codec: type[MediaStreamsCodec]
) -> None:
    """Put anything into any place of the messages."""
    messages = json.loads(json.dumps([*(TWILIO if codec is TwilioCodec else TELNYX), media(0)]))
    places = [(message, name) for message in messages for name in message]
    for message in messages:
        for part in (message.get("start"), message.get("media")):
            places += [(part, name) for name in part or {}]
    for place, name in data.draw(st.lists(st.sampled_from(places), max_size=3)):
        place[name] = data.draw(JSON)
    tell(codec(Handshake()), *messages)


def test_media_before_the_start_binary_and_broken_json_are_refused() -> None:
    (early,) = tell(twilio_fresh(), media(0))
    (binary,) = twilio().receive_bytes(b"x")
    (broken,) = twilio().receive_text("{")
    (second,) = tell(twilio(), TWILIO[1])
    for event, code in ((early, 1003), (binary, 1003), (broken, 1007), (second, 1003)):
        assert isinstance(event, Refused)
        assert (event.error.close_code, event.fatal) == (code, True)


def test_telnyx_opens_both_sides_under_the_session() -> None:
    assert tell(TelnyxCodec(Handshake()), *TELNYX) == [
        ConversationOpened("voice", SESSION, customer_id="customer_123"),
        LegOpened(0, "customer", "mulaw", 8000),
        LegOpened(1, "adviser", "mulaw", 8000),
    ]


def test_telnyx_parameters_may_be_a_list_of_pairs() -> None:
    start = json.loads(json.dumps(TELNYX[1]))
    start["start"]["custom_parameters"] = [{"name": "customer_id", "value": "k2"}, 5]
    opened = tell(TelnyxCodec(Handshake()), start)[0]
    assert isinstance(opened, ConversationOpened)
    assert opened.customer_id == "k2"


def test_telnyx_packets_that_overtake_others_are_put_in_order() -> None:
    codec = telnyx()
    order = [0, 2, 1, 4, 5, 3, 6, 6, 8, 7]
    events = tell(codec, *(media(number, telnyx=True) for number in order))
    assert heard(events) == b"".join(frame(number) for number in range(9))
    assert not [event for event in events if isinstance(event, Gap)]


def test_telnyx_in_order_waits_for_nothing() -> None:
    codec = telnyx()
    for number in range(20):
        assert len(tell(codec, media(number, telnyx=True))) == 1


def test_telnyx_loss_is_silence_once_the_window_is_full() -> None:
    codec = telnyx()
    tell(codec, media(0, telnyx=True))
    kept = tell(codec, *(media(number, telnyx=True) for number in range(2, 7)))
    assert kept == []
    events = tell(codec, media(7, telnyx=True))
    assert heard(events) == b"\xff" * 160 + b"".join(frame(number) for number in range(2, 8))
    assert tell(codec, media(1, telnyx=True)) == []


def test_telnyx_gives_what_it_kept_before_it_stops() -> None:
    codec = telnyx()
    stop = {"event": "stop", "stream_id": TELNYX[1]["stream_id"], "stop": {}}
    events = tell(codec, media(0, telnyx=True), media(2, telnyx=True), stop)
    assert heard(events) == frame(0) + b"\xff" * 160 + frame(2)
    assert events[-1] == Finished()


def test_telnyx_shuffled_within_the_window_is_told_whole() -> None:
    choice = random.Random(7)
    for _ in range(20):
        # Each packet is late by up to four: the order of (number + delay).
        order = sorted(range(100), key=lambda number: number + choice.uniform(0, 4))
        codec = telnyx()
        events = tell(codec, *(media(number, telnyx=True) for number in order))
        events += tell(codec, {"event": "stop", "stop": {}})
        assert heard(events) == b"".join(frame(number) for number in range(100))


@pytest.mark.parametrize(
    ("encoding", "rate", "leg"),
    [
        ("PCMA", 8000, ("pcm_s16le", 8000)),
        ("L16", 16000, ("pcm_s16le", 16000)),
        ("audio/x-mulaw", 8000, ("mulaw", 8000)),
    ],
)
def test_telnyx_sounds(encoding: str, rate: int, leg: tuple[str, int]) -> None:
    start = json.loads(json.dumps(TELNYX[1]))
    start["start"]["media_format"] |= {"encoding": encoding, "sample_rate": rate}
    opened = tell(TelnyxCodec(Handshake()), start)[1]
    assert isinstance(opened, LegOpened)
    assert (opened.encoding, opened.sample_rate) == leg


def test_alaw_is_what_the_standard_says() -> None:
    # ITU-T G.711: the codes of silence, of the extremes, and of one step between.
    for code, value in ((0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0x80, 5504)):
        assert int.from_bytes(linear_from_alaw(bytes([code])), "little", signed=True) == value
    every = linear_from_alaw(bytes(range(256)))
    assert len({every[at : at + 2] for at in range(0, 512, 2)}) == 256
