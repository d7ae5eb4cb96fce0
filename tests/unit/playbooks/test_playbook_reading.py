"""A playbook that does not fit says of each fault where it is and what to do; none does harm."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.errors import MalformedInput, SouffleurError
from services.playbooks import Fault, InvalidPlaybook, read
from tests.fakes.gateway_server import BUILT_IN_TEXT

GOOD = BUILT_IN_TEXT.decode()
RULES = """\
actions:
  - id: track
    title: {fr: Suivre, en: Track}
    reason: {fr: Il attend, en: They wait}
    when: {intents: [delivery_late]}
  - id: refund
    title: {fr: Rembourser, en: Refund}
    reason: {fr: Il attend, en: They wait}
    when:
      intents:
        - delivery_late
        - delivery_lst
      done: [trak]
      context:
        - {field: order_amount, op: gt}
"""


def faults(text: str | bytes, kind: Any = "yaml") -> tuple[Fault, ...]:
    with pytest.raises(InvalidPlaybook) as caught:
        read(text if isinstance(text, bytes) else text.encode(), kind)
    assert caught.value.errors
    return caught.value.errors


def places(text: str, kind: Any = "yaml") -> list[tuple[str, int | None]]:
    return [(fault.path, fault.line) for fault in faults(text, kind)]


def test_every_fault_is_told_with_its_line() -> None:
    text = GOOD.replace("version: 1", "version: one").replace("en: Lost parcel", "de: Verloren")
    assert places(text) == [
        ("version", 2),
        ("intents.1.name.en", 13),
        ("intents.1.name.de", 13),
    ]
    assert all(fault.fix.endswith(".") for fault in faults(text))


def test_references_to_nothing_name_each_place_and_the_nearest_id() -> None:
    text = GOOD + RULES.replace("op: gt", "op: exists")
    found = faults(text)
    assert [(fault.path, fault.line) for fault in found] == [
        ("actions.1.when.intents", 26),
        ("actions.1.when.done", 27),
    ]
    assert "'delivery_lost'" in found[0].fix
    assert "'track'" in found[1].fix


def test_a_condition_without_its_operand_is_told_where_it_stands() -> None:
    [fault] = faults(GOOD + RULES)
    assert (fault.path, fault.line) == ("actions.1.when.context.0", 29)
    assert "needs a value" in fault.detail


def test_doubled_ids_and_keys_are_told_at_the_second() -> None:
    assert places(GOOD.replace("id: delivery_lost", "id: delivery_late")) == [("intents.1.id", 11)]
    twice = GOOD.replace("version: 1", "version: 1\nversion: 2")
    assert places(twice) == [("version", 3)]


def test_json_has_lines_too() -> None:
    content: dict[str, Any] = json.loads(read(GOOD.encode(), "yaml").playbook.model_dump_json())
    content["name"]["fr"] = 'Élan 😀 \\u0041 "x"'
    text = json.dumps(content, indent="\t")  # tabs and \\u escapes, which YAML reads otherwise
    assert read(text.encode(), "json").playbook.name.fr == 'Élan 😀 \\u0041 "x"'
    content["intents"][1]["topic"] = "nothing"
    text = json.dumps(content, indent="\t")
    line = text.split("\n").index('\t\t\t"topic": "nothing",') + 1
    assert places(text, "json") == [("intents.1.topic", line)]
    assert faults(text.replace('"nothing",', '"nothing"'), "json")[0].line == line + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   # nothing\n",
        "[]",
        "- a",
        "a: b: c",
        "\tid: x",
        "id: &x [*x]",
        "*unknown",
        "a: b\n---\nc: d",
        "!!python/name:os.system",
        "!!binary x",
        "!!timestamp 99999-99-99",
        "? [a]\n: b",
        "id: " + "9" * 5000,
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 50_000,
        '"\\ud800"',
        "id: \x07",
    ],
)
def test_what_is_no_playbook_is_refused_and_quickly(text: str) -> None:
    began = time.process_time()
    assert faults(text)
    assert faults(text, "json")
    assert time.process_time() - began < 1


def test_aliases_may_save_words_but_not_explode() -> None:
    shared = GOOD.replace("{fr: Colis perdu, en: Lost parcel}", "*named").replace(
        "{fr: Livraison en retard, en: Late delivery}", "&named {fr: Retard, en: Late}"
    )
    assert read(shared.encode(), "yaml").playbook.intents[1].name.fr == "Retard"
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40)
    )
    merged = "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 40)
    )
    for text in (bomb, merged):
        began = time.process_time()
        [fault] = faults(text)
        assert "alias" in fault.detail
        assert time.process_time() - began < 1


def test_what_is_no_utf8_is_malformed() -> None:
    with pytest.raises(MalformedInput, match="Byte 3"):
        read(b"id:\xff", "yaml")


def test_too_many_utterances_are_refused_before_anybody_fits_them() -> None:
    content = read(GOOD.encode(), "yaml").playbook.model_dump(mode="json")
    content["intents"][0]["examples"]["fr"] = [f"phrase {n}" for n in range(8_001)]
    [fault] = faults(json.dumps(content), "json")
    assert fault.path == "intents"
    assert "8000" in fault.detail


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(GOOD)), st.integers(0, 40), st.booleans())
def test_whatever_is_sent_is_read_or_refused(
    noise: bytes, place: int, cut: int, as_json: bool
) -> None:
    text = GOOD.encode()
    if as_json:
        text = read(text, "yaml").playbook.model_dump_json().encode()
    text = text[:place] + noise + text[place + cut :]
    try:
        read(text, "json" if as_json else "yaml")
    except SouffleurError as error:
        refused: SouffleurError = error
    else:
        return
    json.dumps(refused.problem()).encode()
    errors = refused.errors if isinstance(refused, InvalidPlaybook) else ()
    assert errors or isinstance(refused, MalformedInput)
    assert all(fault.line is None or fault.line > 0 for fault in errors)
