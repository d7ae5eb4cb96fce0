"""The assistant's metrics: how long it takes, what fails, which kinds of cards; never whose."""

from collections.abc import Sequence

from services.contracts.events import Event
from services.kit.metrics import Metrics


class AssistMeasures:
    """Counters of one assistant."""

    def __init__(self, metrics: Metrics) -> None:
        self.seconds = metrics.histogram(
            "assist_event_seconds", "Time to handle a conversation event.", ("event",)
        )
        self._suggestions = metrics.counter(
            "assist_suggestions_total", "What was decided on cards.", ("kind", "event")
        )
        self._states = metrics.counter(
            "assist_states_total",
            "Conversations told that the models went down or came back.",
            ("event", "reason"),
        )
        self._model_seconds = metrics.histogram(
            "assist_models_seconds", "Time of one encoder pass and all heads."
        )

    def count(self, events: Sequence[Event]) -> None:
        """Count what one event led to."""
        for event in events:
            if event.type == "turn.analysed":
                self._model_seconds.observe(event.data.latency_ms / 1000)
            elif event.type in {"service.degraded", "service.restored"}:
                self._states.labels(event.type, event.data.reason).inc()
            elif event.type in {"suggestion.offered", "suggestion.updated"}:
                self._suggestions.labels(event.data.suggestion.kind, event.type).inc()
            elif event.type in {"suggestion.withdrawn", "suggestion.expired"}:
                self._suggestions.labels("any", event.type).inc()


class PlaybookMeasures:
    """Metrics of the tenants' own playbooks; how many and how long, never whose."""

    def __init__(self, metrics: Metrics) -> None:
        self.seconds = metrics.histogram(
            "assist_playbook_fit_seconds", "Time to fit a tenant's playbook."
        )
        self.failures = metrics.counter(
            "assist_playbook_failures_total", "Playbooks that could not be fitted."
        )
        self.fitted = metrics.gauge(
            "assist_playbooks_fitted", "Tenants' own playbooks that are fitted."
        )
