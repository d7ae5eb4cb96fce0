"""Reads the rows of JSON lines that an evaluation is given; errors name file, line and field."""

import gzip
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kit.errors import InvalidInput, NotFound


@dataclass(frozen=True)
class Row:
    """One row, and where it stands; what is asked of it is there and of the right type, or else.

    Attributes:
        path: the file.
        line: its number, from 1.
        fields: the JSON object; fields that nobody asks for do not matter.
    """

    path: Path
    line: int
    fields: dict[str, Any]

    def wrong(self, field: str, detail: str) -> InvalidInput:
        """Return the error for ``field`` of this row, to be raised by the caller."""
        return InvalidInput(detail, field=f"{self.path}:{self.line}: {field}")

    def text(self, field: str) -> str:
        """Return a string that holds more than blanks.

        Raises:
            InvalidInput: when it is missing, blank or no string.
        """
        value = self._given(field)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(field, "must be a string that is not blank")
        return value

    def choice(self, field: str, among: Collection[str]) -> str:
        """Return a string that is one of ``among``.

        Raises:
            InvalidInput: when it is anything else.
        """
        value = self.text(field)
        if value not in among:
            known = ", ".join(sorted(among)) if len(among) <= 20 else f"{len(among)} known ones"
            raise self.wrong(field, f"{value!r} is none of: {known}")
        return value

    def optional_text(self, field: str) -> str | None:
        """Return a string, or ``None`` when it is missing or null.

        Raises:
            InvalidInput: when it is no string.
        """
        value = self.fields.get(field)
        if value is not None and not isinstance(value, str):
            raise self.wrong(field, "must be a string")
        return value

    def number(self, field: str) -> float:
        """Return a number.

        Raises:
            InvalidInput: when it is missing or no number.
        """
        value = self._given(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(field, "must be a number")
        return float(value)

    def rows(self, field: str) -> list["Row"]:
        """Return a list of objects, each as a row of the same line.

        Raises:
            InvalidInput: when it is missing or anything else.
        """
        value = self._given(field)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(field, "must be a list of objects")
        return [Row(self.path, self.line, item) for item in value]

    def _given(self, field: str) -> Any:
        if field not in self.fields:
            raise self.wrong(field, "is missing")
        return self.fields[field]


def read_rows(paths: Sequence[Path]) -> list[Row]:
    """Return the rows of all files, ``.gz`` ones too, in order; blank lines are passed over.

    Raises:
        NotFound: when there is no such file.
        InvalidInput: when a file is no UTF-8, a line no JSON object, or a file holds no row.
    """
    rows: list[Row] = []
    for path in paths:
        before = len(rows)
        rows += _read(path)
        if len(rows) == before:
            raise InvalidInput("holds no row", field=str(path))
    return rows


def _read(path: Path) -> Iterator[Row]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"is no JSON: {error}", field=f"{path}:{number}") from None
        if not isinstance(value, dict):
            raise InvalidInput("is no JSON object", field=f"{path}:{number}")
        yield Row(path, number, value)


def _lines(path: Path) -> list[str]:
    """Return the lines; only a line feed ends one, as a text may hold U+2028."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig").split("\n")
    except FileNotFoundError:
        raise NotFound("there is no such file", field=str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"is no UTF-8 (byte {error.start})", field=str(path)) from None
    except (EOFError, OSError) as error:
        # gzip's own errors are OSErrors too.
        raise InvalidInput(f"cannot be read: {error}", field=str(path)) from None
