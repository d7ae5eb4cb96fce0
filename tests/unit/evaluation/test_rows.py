"""Rows of an evaluation: what is read, and how a bad one is named."""

import gzip
from pathlib import Path

import pytest

from services.evaluation.rows import Row, read_rows
from services.kit.errors import InvalidInput, NotFound, SouffleurError


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_several_files_packed_or_not_are_read_in_order(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", '{"text": "un"}\n\n{"text": "deux", "more": 1}\n')
    second = write(tmp_path / "b.jsonl.gz", '{"text": "trois\u2028quatre"}')
    rows = read_rows([first, second])
    assert [row.text("text") for row in rows] == ["un", "deux", "trois\u2028quatre"]
    assert [row.line for row in rows] == [1, 3, 1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("\n\n", "rows.jsonl: holds no row"),
        ('{"a": 1}\n{"a": \n', "rows.jsonl:2: is no JSON"),
        ('{"a": 1}\n[1]\n', "rows.jsonl:2: is no JSON object"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_rows([write(tmp_path / "rows.jsonl", content)])
    assert says in str(error.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    damaged = tmp_path / "rows.jsonl.gz"
    damaged.write_bytes(gzip.compress(b'{"a": 1}' * 100)[:20])
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes('{"text": "été"}'.encode("latin-1"))
    for path, kind in ((damaged, InvalidInput), (latin, InvalidInput), (tmp_path / "x", NotFound)):
        with pytest.raises(kind) as error:
            read_rows([path])
        assert isinstance(error.value, SouffleurError)
        assert error.value.field == str(path)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "rows.jsonl:7: label: is missing"),
        ({"label": None}, "must be a string"),
        ({"label": "  "}, "not blank"),
        ({"label": 3}, "must be a string"),
        ({"label": "happy"}, "'happy' is none of: negative, positive"),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, object], says: str) -> None:
    row = Row(Path("rows.jsonl"), 7, fields)
    with pytest.raises(InvalidInput) as error:
        row.choice("label", ("positive", "negative"))
    assert says in str(error.value)


def test_numbers_objects_and_optional_texts() -> None:
    row = Row(Path("rows.jsonl"), 1, {"n": 2, "t": True, "spans": [{"start": 1}], "bad": [1]})
    assert row.number("n") == 2.0
    assert row.rows("spans")[0].number("start") == 1.0
    assert row.optional_text("lang") is None
    for ask in (lambda: row.number("t"), lambda: row.rows("bad"), lambda: row.optional_text("n")):
        with pytest.raises(InvalidInput):
            ask()
