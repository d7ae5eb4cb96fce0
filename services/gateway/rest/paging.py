"""Pages of a list that is made whole anyway: the transcript, the cards."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from services.records.cursors import not_a_cursor, read_cursor, write_cursor

Item = TypeVar("Item")

Cursor = Annotated[
    str | None,
    Query(max_length=400, description="The `next` of the page before; leave it out to begin."),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of a page, at most.")]
LongLimit = Annotated[int, Query(ge=1, le=1000, description="Items of a page, at most.")]


def paged(
    items: Sequence[Item], id_of: Callable[[Item], str], cursor: str | None, limit: int
) -> tuple[tuple[Item, ...], str | None]:
    """Return the items after ``cursor``, and the cursor of those after them.

    The cursor names the last item, so that a page goes on there although others came before it; if
    that one is gone, it goes on at the same place.

    Raises:
        InvalidInput: when ``cursor`` is not one that an earlier page gave.
    """
    begin = 0 if cursor is None else _after(items, id_of, cursor)
    shown = tuple(items[begin : begin + limit])
    end = begin + len(shown)
    more = write_cursor(f"{end}:{id_of(shown[-1])}") if shown and end < len(items) else None
    return shown, more


def _after(items: Sequence[Item], id_of: Callable[[Item], str], cursor: str) -> int:
    place, _, last = read_cursor(cursor).partition(":")
    if not (place.isascii() and place.isdigit() and len(place) < 10 and last):
        raise not_a_cursor()
    for at, item in enumerate(items):
        if id_of(item) == last:
            return at + 1
    return int(place)
