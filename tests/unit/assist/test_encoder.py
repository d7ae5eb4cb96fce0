"""The shipped encoder on real text: place of tokens, odd input, length, and determinism."""

import asyncio
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assist.encoder import DIMENSIONS, Encoding, batches, load_encoder
from services.assist.tokens import HEAD_TOKENS, MAX_TOKENS, TurnTokenizer
from services.kit.errors import InvalidInput
from services.kit.settings import Settings
from tests.fakes.encoders import shipped_encoder, shipped_files

ODD = [
    "",
    " ",
    "\n\t",
    "?",
    "🙂",
    "👨‍👩‍👧",
    "\ud800",
    "\x00",
    "a" * 4_000,
    "éé" * 3,
    "漢字",
    "…" * 50,
]


async def encode(text: str) -> Encoding:
    [encoding] = await shipped_encoder().encode([text])
    return encoding


@pytest.fixture(scope="module")
def tokenizer() -> TurnTokenizer:
    return TurnTokenizer(shipped_files()[1])


async def test_offsets_point_at_the_words_despite_accents_and_emoji() -> None:
    text = "😡 L’été dernier, j'ai été débité 2×12,50 €… ça suffit 👨‍👩‍👧 !"
    encoding = await encode(text)
    pieces = [text[start:end] for start, end in encoding.offsets if end > start]
    assert "😡" in pieces
    assert "été" in pieces
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(piece == piece.lstrip() for piece in pieces)


async def test_special_tokens_and_prefix_stand_for_nothing() -> None:
    encoding = await encode("Bonjour")
    assert encoding.offsets.tolist()[0] == [0, 0]
    assert encoding.offsets.tolist()[-1] == [0, 0]
    covered = encoding.offsets[encoding.offsets[:, 1] > 0]
    assert covered.tolist() == [[0, 7]]


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_offsets_stay_inside_the_text_and_rise(text: str) -> None:
    offsets = TOKENIZER.tokenize(text).offsets
    assert (offsets >= 0).all()
    assert (offsets <= len(text)).all()
    real = offsets[offsets[:, 1] > offsets[:, 0]]
    assert (np.diff(real[:, 0]) >= 0).all()


TOKENIZER = TurnTokenizer(shipped_files()[1])


@pytest.mark.parametrize("text", ODD)
async def test_odd_text_gives_a_unit_vector(text: str) -> None:
    encoding = await encode(text)
    assert encoding.embedding.shape == (DIMENSIONS,)
    assert encoding.embedding.dtype == np.float32
    assert np.isclose(np.linalg.norm(encoding.embedding), 1, atol=1e-3)
    assert len(encoding.token_states) == len(encoding.offsets) <= MAX_TOKENS
    assert np.isclose(np.linalg.norm(encoding.span(0, max(1, len(text)))), 1, atol=1e-3)


async def test_the_embedding_is_the_mean_of_the_states() -> None:
    encoding = await encode("Je n'ai toujours pas reçu mon colis.")
    mean = encoding.token_states.mean(axis=0)
    assert np.allclose(mean / np.linalg.norm(mean), encoding.embedding, atol=1e-5)


async def test_a_long_text_keeps_its_beginning_and_its_end(tokenizer: TurnTokenizer) -> None:
    text = "Bonjour, début. " + "et puis voilà la suite " * 300 + "Remboursez-moi."
    tokens = tokenizer.tokenize(text)
    assert tokens.truncated
    assert len(tokens.ids) == MAX_TOKENS
    pieces = [text[start:end] for start, end in tokens.offsets]
    assert "Bonjour" in pieces[:HEAD_TOKENS]
    assert tokens.offsets[-2][1] == len(text)
    assert (await encode(text)).truncated


async def test_a_span_reads_its_own_sentence() -> None:
    complaint, request = "C'est inadmissible, je suis furieux.", "Quels sont vos horaires samedi ?"
    text = f"{complaint} {request}"
    encoding = await encode(text)
    alone = await encode(complaint)
    first = encoding.span(0, len(complaint))
    second = encoding.span(len(complaint) + 1, len(text))
    assert first @ alone.embedding > second @ alone.embedding
    assert np.array_equal(encoding.span(5, 5), encoding.embedding)


async def test_an_embedding_does_not_depend_on_its_neighbours() -> None:
    texts = ["oui", "Je voudrais résilier mon abonnement.", "My parcel never arrived " * 9, "ok"]
    together = await shipped_encoder().encode(texts)
    for text, encoding in zip(texts, together, strict=True):
        assert np.array_equal(encoding.embedding, (await encode(text)).embedding)
    assert await shipped_encoder().encode([]) == []


async def test_french_and_english_of_one_meaning_are_neighbours() -> None:
    texts = ["Je veux être remboursé", "I want a refund", "Mon mot de passe ne marche plus"]
    french, english, other = (e.embedding for e in await shipped_encoder().encode(texts))
    assert french @ english > french @ other


async def test_encoding_leaves_the_event_loop_free() -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)

    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(watch())
        started = time.perf_counter()
        await shipped_encoder().encode(["un texte assez long " * 90] * 4)
        took = time.perf_counter() - started
        watcher.cancel()
    assert longest < took / 2


def test_batches_hold_neighbours_in_length() -> None:
    lengths = [5, 400, 6, 7, 300, 5]
    groups = list(batches(lengths, 3))
    assert sorted(index for group in groups for index in group) == list(range(6))
    assert all(len(group) <= 3 for group in groups)
    assert (1,) in groups
    assert (4,) in groups


def test_the_encoder_is_named_for_its_weights() -> None:
    assert shipped_encoder().name.startswith("encoder-fr-en-3@sha256:")


def test_torch_without_torch_says_what_to_install(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "services.assist.encoder_torch", None)
    with pytest.raises(InvalidInput, match="gpu"):
        load_encoder(Settings(data_dir=tmp_path, encoder_backend="torch"))
