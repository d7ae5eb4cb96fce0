"""Prometheus metrics whose labels can name a part of the system, never a person or a tenant."""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST

PREFIX = "souffleur_"

ALLOWED_LABELS = frozenset(
    {
        "backend",
        "channel",
        "code",
        "event",
        "head",
        "kind",
        "language",
        "method",
        "model",
        "outcome",
        "reason",
        "role",
        "route",
        "service",
        "stage",
        "status",
    }
)
"""The only label names there are. Ids are missing on purpose: they are personal data, they are
unbounded, and a series per adviser would measure a person (P3)."""

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
"""Seconds."""


class Metrics:
    """The metrics of one program: a registry of its own, so that nothing is global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def counter(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Counter:
        """Make a counter ``souffleur_<name>``.

        Raises:
            ValueError: for a label outside ``ALLOWED_LABELS`` or a name that exists already.
        """
        return Counter(PREFIX + name, documentation, _checked(name, labels), registry=self.registry)

    def gauge(self, name: str, documentation: str, labels: Sequence[str] = ()) -> Gauge:
        """Make a gauge ``souffleur_<name>``; raises as ``counter`` does."""
        return Gauge(PREFIX + name, documentation, _checked(name, labels), registry=self.registry)

    def histogram(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        buckets: Sequence[float] = LATENCY_BUCKETS,
    ) -> Histogram:
        """Make a histogram ``souffleur_<name>``; raises as ``counter`` does."""
        return Histogram(
            PREFIX + name,
            documentation,
            _checked(name, labels),
            registry=self.registry,
            buckets=buckets,
        )

    def render(self) -> bytes:
        """Return everything in Prometheus's text format, of type ``CONTENT_TYPE``."""
        return generate_latest(self.registry)


def _checked(name: str, labels: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(labels) - ALLOWED_LABELS)
    if unknown:
        msg = f"metric {name}: label {unknown[0]!r} is not among the allowed ones"
        raise ValueError(msg)
    return tuple(labels)
