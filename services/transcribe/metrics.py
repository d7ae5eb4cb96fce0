"""What operators see of transcription: counts and times, never a text, a leg or a person."""

from prometheus_client import Counter, Gauge, Histogram

LEGS = Gauge("souffleur_transcribe_legs", "Open legs")
QUEUE = Gauge("souffleur_transcribe_queue", "Utterances waiting for a decode", ["kind"])
DECODES = Counter(
    "souffleur_transcribe_decodes", "Decodes by kind and outcome", ["kind", "outcome"]
)
DECODE_SECONDS = Histogram(
    "souffleur_transcribe_decode_seconds",
    "Time of one decode",
    ["kind"],
    buckets=(0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2, 3, 5, 10),
)
FINAL_LAG_SECONDS = Histogram(
    "souffleur_transcribe_final_lag_seconds",
    "From the end of speech to its recognised text",
    buckets=(0.4, 0.6, 0.8, 1.0, 1.5, 2, 3, 4, 6, 10),
)
SHED = Counter("souffleur_transcribe_shed", "Partials given up under load or superseded")
REJECTED = Counter("souffleur_transcribe_rejected", "Transcripts not shown, by guard", ["reason"])
DEGRADED = Gauge("souffleur_transcribe_degraded", "1 while recognition fails, hangs or is full")
