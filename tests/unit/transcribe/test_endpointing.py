"""Endpointing on numbers alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.transcribe.endpointing import DEFAULT_RULES, FRAME_MS, Endpointer, Rules, Span


def run(
    probabilities: list[float], energies: list[float] | None = None, rules: Rules = DEFAULT_RULES
) -> list[Span]:
    endpointer = Endpointer(rules)
    energies = energies or [1.0] * len(probabilities)
    spans = [endpointer.feed(p, e) for p, e in zip(probabilities, energies, strict=True)]
    return [span for span in [*spans, endpointer.finish()] if span is not None]


def test_an_utterance_ends_after_half_a_second_of_silence() -> None:
    endpointer = Endpointer()
    answers = [endpointer.feed(p, 1.0) for p in [0.0] * 20 + [0.9] * 30 + [0.0] * 16]
    assert all(answer is None for answer in answers[:-1])
    assert answers[-1] == Span(number=0, start=10, speech_start=20, speech_end=50, end=60)


def test_a_short_pause_does_not_end_it() -> None:
    pause = [0.0] * (450 // FRAME_MS)
    assert len(run([0.9] * 20 + pause + [0.9] * 20 + [0.0] * 30)) == 1


def test_the_offset_threshold_is_below_the_onset() -> None:
    assert run([0.4] * 50) == []
    assert len(run([0.9] * 10 + [0.4] * 30 + [0.9] * 10 + [0.0] * 30)) == 1


def test_a_click_is_dropped_and_takes_no_number() -> None:
    spans = run([0.9] * 3 + [0.0] * 30 + [0.9] * 20 + [0.0] * 30)
    assert [span.number for span in spans] == [0]
    assert spans[0].speech_start == 33


def test_pre_roll_never_takes_audio_of_the_utterance_before() -> None:
    first, second = run([0.9] * 20 + [0.0] * 16 + [0.9] * 20 + [0.0] * 16)
    assert second.start >= first.end


def test_a_long_utterance_is_cut_at_its_quietest_recent_point() -> None:
    longest = Rules().longest_ms // FRAME_MS + 1
    energies = [1.0] * 600
    energies[360:366] = [0.01] * 6
    energies[100:110] = [0.0] * 10  # quieter, but too far back to cut there
    first, second = run([0.9] * 600, energies)
    assert 360 <= first.end < 366
    assert second.start == first.end
    assert first.end <= longest
    assert second.end == 600


def test_the_end_of_the_stream_ends_the_utterance() -> None:
    (span,) = run([0.9] * 20)
    assert (span.start, span.end) == (0, 20)


def test_an_unfinished_utterance_can_be_looked_at() -> None:
    endpointer = Endpointer()
    assert endpointer.current() is None
    for _ in range(10):
        endpointer.feed(0.9, 1.0)
    assert endpointer.current() == Span(0, 0, 0, 10, 10)


@given(
    st.lists(st.sampled_from([0.0, 0.4, 0.9]), max_size=1500),
    st.integers(min_value=10, max_value=60),
)
def test_spans_never_overlap_and_lose_no_long_speech(
    probabilities: list[float], longest: int
) -> None:
    rules = Rules(longest_ms=longest * FRAME_MS, cut_ms=8 * FRAME_MS)
    spans = run(probabilities, [p + 0.1 for p in probabilities], rules)
    assert [span.number for span in spans] == list(range(len(spans)))
    end = 0
    for span in spans:
        assert end <= span.start <= span.speech_start < span.speech_end <= span.end
        assert span.end - span.start <= longest
        end = span.end
    covered = {at for span in spans for at in range(span.start, span.end)}
    run_length = 0
    for at, probability in enumerate(probabilities):
        run_length = run_length + 1 if probability == 0.9 else 0
        if run_length * FRAME_MS >= 2 * rules.cut_ms:
            assert covered & set(range(at - run_length + 1, at + 1))


@given(st.lists(st.floats(0, 1), max_size=400))
def test_the_audio_it_may_ask_for_is_kept(probabilities: list[float]) -> None:
    endpointer = Endpointer()
    for probability in probabilities:
        oldest = endpointer.keep_from
        span = endpointer.feed(probability, probability)
        assert span is None or span.start >= oldest
        assert endpointer.keep_from >= oldest


@pytest.mark.parametrize("silence", [200, 1000])
def test_the_silence_that_ends_is_a_setting(silence: int) -> None:
    endpointer = Endpointer(Rules(silence_ms=silence))
    for _ in range(20):
        endpointer.feed(0.9, 1.0)
    frames = 1
    while endpointer.feed(0.0, 0.0) is None:
        frames += 1
    assert frames * FRAME_MS == pytest.approx(silence, abs=FRAME_MS)


@given(st.lists(st.sampled_from([0.0, 0.0, 0.4, 0.9]), max_size=600))
def test_what_is_sent_ahead_is_what_silence_then_ends(probabilities: list[float]) -> None:
    endpointer = Endpointer()
    ahead: Span | None = None
    silence = -(-DEFAULT_RULES.silence_ms // FRAME_MS)
    for probability in probabilities:
        quiet = endpointer.silence
        span = endpointer.feed(probability, 1.0)
        if span is not None and quiet == silence - 1:
            assert span == ahead
        ahead = endpointer.ahead()
        assert ahead is None or endpointer.silence * FRAME_MS >= DEFAULT_RULES.tail_ms


def test_nothing_is_sent_ahead_while_somebody_speaks_or_only_clicks() -> None:
    endpointer = Endpointer()
    for probability in [0.9] * 3 + [0.0] * 15:
        endpointer.feed(probability, 1.0)
        assert endpointer.ahead() is None
    endpointer = Endpointer()
    for probability in [0.9] * 20 + [0.0] * 10:
        assert endpointer.ahead() is None
        endpointer.feed(probability, 1.0)
    assert endpointer.ahead() == Span(0, 0, 0, 20, 30)
    endpointer.feed(0.9, 1.0)
    assert endpointer.ahead() is None


@given(st.lists(st.sampled_from([0.0, 0.0, 0.4, 0.9]), max_size=600))
def test_listening_when_it_is_due_misses_no_end_and_no_likely_one(
    probabilities: list[float],
) -> None:
    endpointer = Endpointer()
    due, speaking = endpointer.due, False
    for probability in probabilities:
        had = endpointer.ahead()
        span = endpointer.feed(probability, 1.0)
        due -= 1
        news = span is not None or (had is None and endpointer.ahead() is not None)
        # While nobody speaks, a short word may begin and end between two looks.
        assert not (speaking and news and due > 0)
        if due <= 0 or not speaking:
            due, speaking = endpointer.due, endpointer.current() is not None
        assert due >= 1
