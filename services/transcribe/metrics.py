"""What operators see of transcription: counts and times, never a text, a leg or a person."""

from services.kit.metrics import Metrics


class TranscribeMeasures:
    """The measures of one transcriber, in the registry that it is given."""

    def __init__(self, metrics: Metrics) -> None:
        self.legs = metrics.gauge("transcribe_legs", "Open legs")
        self.queue = metrics.gauge(
            "transcribe_queue", "Utterances waiting for a decode", labels=("kind",)
        )
        self.decodes = metrics.counter(
            "transcribe_decodes", "Decodes by kind and outcome", labels=("kind", "outcome")
        )
        self.decode_seconds = metrics.histogram(
            "transcribe_decode_seconds",
            "Time of one decode",
            labels=("kind",),
            buckets=(0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2, 3, 5, 10),
        )
        self.final_lag_seconds = metrics.histogram(
            "transcribe_final_lag_seconds",
            "From the end of speech to its recognised text",
            buckets=(0.4, 0.6, 0.8, 1.0, 1.5, 2, 3, 4, 6, 10),
        )
        self.ahead = metrics.counter(
            "transcribe_ahead",
            "Finals begun before their utterance had surely ended, by what became of them",
            labels=("outcome",),
        )
        self.shed = metrics.counter(
            "transcribe_shed", "Unfinished utterances given up under load or superseded"
        )
        self.rejected = metrics.counter(
            "transcribe_rejected", "Transcripts not shown, by guard", labels=("reason",)
        )
        self.degraded = metrics.gauge(
            "transcribe_degraded", "1 while recognition fails, hangs or is full"
        )
