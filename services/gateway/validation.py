"""Pydantic's complaints made ours: which field is wrong and why, without quoting what was sent."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from services.kit.errors import InvalidInput, MalformedInput, SouffleurError


def from_validation(error: ValidationError, *, tagged: bool = False) -> SouffleurError:
    """Turn pydantic's first complaint into one of our errors.

    ``tagged`` says that the model is a union told apart by its ``type``, whose tag pydantic puts in
    front of the field's path. What was sent is never quoted: it may be a customer's words.
    """
    return from_details(error.errors(include_input=False, include_url=False), int(tagged))


def from_details(details: Sequence[Any], skip: int) -> SouffleurError:
    """Turn pydantic's first complaint into an error; ``skip`` parts of its path are not ours."""
    first = details[0]
    kind, where = first["type"], first["loc"]
    if kind == "json_invalid":
        return MalformedInput("This is not valid JSON; send one JSON object in UTF-8.")
    if kind == "union_tag_invalid":
        expected = first.get("ctx", {}).get("expected_tags", "a known type")
        return InvalidInput(f"Use one of {expected}.", field="type")
    if kind == "union_tag_not_found":
        return InvalidInput("Say what this is: the field is missing.", field="type")
    field = ".".join(str(part) for part in where[skip:]) or None
    if field is None and kind in {"model_type", "model_attributes_type", "dict_type"}:
        return MalformedInput("Send one JSON object.")
    return InvalidInput(f"{first['msg']}.", field=field)
