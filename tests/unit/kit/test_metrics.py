"""Metrics: what cannot be measured (P3), and registries that do not share state."""

import pytest

from services.kit.metrics import ALLOWED_LABELS, Metrics


@pytest.mark.parametrize(
    "label", ["adviser_id", "conversation_id", "tenant", "subject", "customer"]
)
@pytest.mark.parametrize("kind", ["counter", "gauge", "histogram"])
def test_a_label_that_names_somebody_cannot_be_made(kind: str, label: str) -> None:
    assert label not in ALLOWED_LABELS
    with pytest.raises(ValueError, match=label):
        getattr(Metrics(), kind)("turns", "Turns.", ("role", label))


def test_each_program_has_its_own_registry() -> None:
    first, second = Metrics(), Metrics()
    first.counter("turns", "Turns.", ("role",)).labels(role="customer").inc()
    second.counter("turns", "Turns.", ("role",))
    assert b'souffleur_turns_total{role="customer"} 1.0' in first.render()
    assert b"customer" not in second.render()
