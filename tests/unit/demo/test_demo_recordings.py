"""Reading what is to be replayed, and the errors that a person can act on."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from services.demo.recordings import (
    AudioRecording,
    ChatRecording,
    read_chat,
    read_recording,
)
from services.kit.errors import InvalidInput, MalformedInput, NotFound


def wav(path: Path, channels: int, rate: int = 8_000, length: int = 800) -> Path:
    tone = np.arange(length * channels, dtype=np.int16).reshape(length, channels)
    sf.write(path, tone, rate, subtype="PCM_16")
    return path


def chat(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_stereo_is_cut_into_frames_that_add_up_to_the_whole(tmp_path: Path) -> None:
    recording = read_recording(wav(tmp_path / "call.wav", channels=2, length=850))

    assert isinstance(recording, AudioRecording)
    frames = recording.frames()
    assert [len(frame) for frame in frames] == [160 * 4] * 5 + [50 * 4]
    assert b"".join(frames) == recording.samples.astype("<i2").tobytes()
    assert recording.role is None
    assert recording.duration_s == pytest.approx(0.10625)


def test_another_sample_rate_is_brought_to_one_that_the_wire_knows(tmp_path: Path) -> None:
    recording = read_recording(wav(tmp_path / "call.flac", channels=2, rate=44_100, length=44_100))

    assert isinstance(recording, AudioRecording)
    assert recording.sample_rate == 16_000
    assert recording.duration_s == pytest.approx(1.0, abs=0.01)


def test_two_sides_become_left_and_right_and_the_shorter_is_silent_at_its_end(
    tmp_path: Path,
) -> None:
    recording = read_recording(
        None,
        customer=wav(tmp_path / "customer.wav", channels=1, length=400),
        adviser=wav(tmp_path / "adviser.wav", channels=1, length=800),
    )

    assert isinstance(recording, AudioRecording)
    assert recording.channels == 2
    assert recording.samples[399].tolist() == [399, 399]
    assert recording.samples[799].tolist() == [0, 799]


def test_one_side_alone_keeps_its_role(tmp_path: Path) -> None:
    recording = read_recording(None, adviser=wav(tmp_path / "adviser.wav", channels=1))

    assert isinstance(recording, AudioRecording)
    assert (recording.channels, recording.role) == (1, "adviser")


def test_a_mono_file_alone_says_how_to_name_its_side(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--customer") as refused:
        read_recording(wav(tmp_path / "call.wav", channels=1))
    assert refused.value.field == "path"


def test_sides_of_different_rates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="8000 and 16000") as refused:
        read_recording(
            None,
            customer=wav(tmp_path / "customer.wav", channels=1),
            adviser=wav(tmp_path / "adviser.wav", channels=1, rate=16_000),
        )
    assert refused.value.field == "adviser"


@pytest.mark.parametrize("given", ["nothing", "both"])
def test_either_one_file_or_sides(tmp_path: Path, given: str) -> None:
    path = wav(tmp_path / "call.wav", channels=2)
    with pytest.raises(InvalidInput, match="either one file"):
        read_recording(None if given == "nothing" else path, None if given == "nothing" else path)


def test_what_is_no_audio_is_named(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(b"not audio at all")
    with pytest.raises(MalformedInput, match=r"call\.wav"):
        read_recording(tmp_path / "call.wav")
    with pytest.raises(NotFound):
        read_recording(tmp_path / "elsewhere.wav")


def test_a_chat_keeps_its_times_and_spaces_out_turns_without(tmp_path: Path) -> None:
    recording = read_chat(
        chat(
            tmp_path / "chat.jsonl",
            '{"role":"bot","text":"Bonjour !"}',
            "",
            '{"role":"customer","text":"où est mon colis ?","at":7}',
            '{"role":"adviser","text":"Je regarde."}',
        )
    )

    assert isinstance(recording, ChatRecording)
    assert [at for at, _ in recording.turns] == [0.0, 7.0, 9.0]
    assert [line.role for _, line in recording.turns] == ["bot", "customer", "adviser"]


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ('{"role":"client","text":"bonjour"}', "role", "line 2"),
        ('{"role":"customer","texte":"bonjour"}', "text", "line 2"),
        ('{"role":"customer","text":"  "}', "text", "line 2"),
        ('{"role":"customer","text":"bonjour","at":-1}', "at", "line 2"),
        ('{"role":"customer","text":"bonjour","at":1}', "at", "line 2.*before the turn above"),
        ('{"role":"customer","text":"bonjour"', None, "line 2.*not JSON"),
        ('["customer","bonjour"]', None, "line 2"),
    ],
)
def test_a_wrong_line_of_a_chat_is_named(
    tmp_path: Path, line: str, field: str | None, says: str
) -> None:
    path = chat(tmp_path / "chat.jsonl", '{"role":"bot","text":"Bonjour !","at":3}', line)
    with pytest.raises((InvalidInput, MalformedInput), match=says) as refused:
        read_chat(path)
    assert refused.value.field == field


def test_the_customers_words_are_not_quoted_in_an_error(tmp_path: Path) -> None:
    path = chat(tmp_path / "chat.jsonl", '{"role":"customer","text":"Marie Secret","at":"soon"}')
    with pytest.raises(InvalidInput) as refused:
        read_chat(path)
    assert "Secret" not in str(refused.value)


def test_a_chat_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_bytes(
        b'{"role":"bot","text":"ok"}\n' + '{"role":"bot","text":"é"}'.encode("latin-1")
    )
    with pytest.raises(MalformedInput, match=r"line 2.*UTF-8"):
        read_chat(path)


def test_an_empty_chat_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no turn"):
        read_chat(chat(tmp_path / "chat.jsonl", "", " "))
