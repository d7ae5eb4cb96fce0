"""The channels' codecs: frames in, events and frames out, and nothing is ever raised."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.gateway.channels as channels
from services.gateway.channels import CHANNELS
from services.gateway.channels.base import (
    AudioChunk,
    ChatTurn,
    Codec,
    ConversationOpened,
    Finished,
    Handshake,
    LegOpened,
    Refused,
)
from services.gateway.channels.chat import ChatCodec
from services.gateway.channels.raw_audio import RawAudioCodec

AUDIO: dict[str, Any] = {
    "type": "start",
    "sample_rate": 8000,
    "encoding": "pcm_s16le",
    "channels": 2,
}


def _refused(codec: Codec, frame: dict[str, Any] | str | bytes) -> Refused:
    if isinstance(frame, bytes):
        (event,) = codec.receive_bytes(frame)
    else:
        (event,) = codec.receive_text(frame if isinstance(frame, str) else json.dumps(frame))
    assert isinstance(event, Refused)
    return event


def test_stereo_is_split_left_customer_right_adviser() -> None:
    codec = RawAudioCodec(Handshake())
    opened = codec.receive_text(json.dumps(AUDIO | {"conversation_id": "c", "language": "fr"}))
    assert opened == [
        ConversationOpened(channel="voice", conversation_id="c", language="fr"),
        LegOpened(0, "customer", "pcm_s16le", 8000, "fr"),
        LegOpened(1, "adviser", "pcm_s16le", 8000, "fr"),
    ]
    assert codec.receive_bytes(b"aaAAbbBB") == [AudioChunk(0, b"aabb"), AudioChunk(1, b"AABB")]
    assert codec.receive_text('{"type":"stop"}') == [Finished()]
    assert codec.receive_bytes(b"late") == []


def test_mono_is_passed_on_as_it_is() -> None:
    codec = RawAudioCodec(Handshake())
    codec.receive_text(json.dumps(AUDIO | {"channels": 1, "encoding": "mulaw", "role": "adviser"}))
    assert codec.receive_bytes(b"abc") == [AudioChunk(0, b"abc")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sample_rate": 44100}, "sample_rate"),
        ({"encoding": "opus"}, "encoding"),
        ({"channels": 3}, "channels"),
        ({"channels": 1}, "role"),
        ({"role": "customer"}, "role"),
        ({"channels": 1, "role": "bot"}, "role"),
        ({"conversation_id": "a b"}, "conversation_id"),
        ({"language": "de"}, "language"),
        ({"colour": "red"}, "colour"),
        ({"type": "begin"}, "type"),
    ],
)
def test_a_wrong_start_names_its_field(change: dict[str, Any], field: str) -> None:
    refused = _refused(RawAudioCodec(Handshake()), AUDIO | change)
    assert (refused.error.field, refused.fatal) == (field, True)
    assert refused.error.close_code == 1008


def test_frames_out_of_place_close_with_the_code_that_says_why() -> None:
    assert _refused(RawAudioCodec(Handshake()), b"\0\0").error.close_code == 1003
    assert _refused(RawAudioCodec(Handshake()), "{").error.close_code == 1007
    assert _refused(RawAudioCodec(Handshake()), "[]").error.close_code == 1007
    assert _refused(RawAudioCodec(Handshake()), {"type": "stop"}).error.close_code == 1003
    codec = RawAudioCodec(Handshake())
    codec.receive_text(json.dumps(AUDIO))
    assert _refused(codec, AUDIO).error.close_code == 1003
    odd = _refused(codec, b"\0" * 6)
    assert (odd.error.field, odd.error.close_code) == ("audio", 1008)


def test_a_chat_goes_on_after_a_turn_it_could_not_take() -> None:
    codec = ChatCodec(Handshake())
    assert _refused(codec, {"type": "turn", "role": "customer", "text": "hi"}).fatal
    (opened,) = codec.receive_text('{"type":"start","channel":"email"}')
    assert opened == ConversationOpened(channel="email")
    for frame in (
        "{nonsense",
        b"\0",
        {"type": "turn", "role": "customer", "text": "   "},
        {"type": "turn", "role": "robot", "text": "hi"},
        {"type": "turn", "role": "customer", "text": "x" * 8_001},
        '{"type":"turn","role":"customer","text":"\\ud800"}',
        {"type": "start"},
    ):
        assert not _refused(codec, frame).fatal
    (turn,) = codec.receive_text('{"type":"turn","id":"t1","role":"bot","text":" Bonjour "}')
    assert turn == ChatTurn(role="bot", text="Bonjour", id="t1")
    assert codec.receive_text('{"type":"end"}') == [Finished()]


def test_errors_are_said_with_their_field_and_without_what_was_sent() -> None:
    codec = ChatCodec(Handshake())
    codec.receive_text('{"type":"start"}')
    refused = _refused(codec, {"type": "turn", "role": "Jeanne Martin", "text": "0612345678"})
    codec.refused(refused.error)
    (frame,) = codec.data_to_send()
    assert json.loads(frame)["field"] == "role"
    assert "Jeanne" not in frame
    assert "0612345678" not in frame
    assert codec.data_to_send() == []


@pytest.mark.parametrize("entry", CHANNELS, ids=lambda entry: entry.name)
@given(frames=st.lists(st.one_of(st.text(max_size=40), st.binary(max_size=40)), max_size=6))
def test_no_frame_makes_a_codec_raise(
    entry: channels.ChannelEntry, frames: list[str | bytes]
) -> None:
    codec = entry.codec(Handshake())
    for frame in frames:
        if isinstance(frame, bytes):
            codec.receive_bytes(frame)
        else:
            codec.receive_text(frame)


def test_each_codec_of_the_folder_is_listed() -> None:
    folder = Path(channels.__file__).parent
    shared = {"__init__", "base", "frames", "audiohook_messages", "media_streams"}
    shared |= {"call_details", "samples", "timeline", "first_message"}
    not_websockets = {"audiosocket"}
    files = {file.stem for file in folder.glob("*.py")} - shared - not_websockets
    assert files == {entry.codec.__module__.rpartition(".")[2] for entry in CHANNELS}
