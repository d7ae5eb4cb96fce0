"""The gateway's metrics: how much goes through and how long it takes, never whose it is."""

from services.kit.metrics import Metrics


class GatewayMeasures:
    """Counters and gauges of one gateway."""

    def __init__(self, metrics: Metrics) -> None:
        self.render = metrics.render
        self.requests = metrics.counter(
            "http_requests_total", "Requests answered.", ("method", "route", "status")
        )
        self.request_seconds = metrics.histogram(
            "http_request_seconds", "Time to answer a request.", ("route",)
        )
        self.ingest_sockets = metrics.gauge("ingest_sockets", "Open ingest sockets.", ("channel",))
        self.audio_bytes = metrics.counter("audio_bytes_total", "Audio taken in.", ("channel",))
        self.chat_turns = metrics.counter("chat_turns_total", "Chat turns taken in.", ("role",))
        self.refused = metrics.counter(
            "refused_total", "Frames and connections refused.", ("channel", "code")
        )
        self.adviser_sockets = metrics.gauge("adviser_sockets", "Open panels.")
        self.frames_sent = metrics.counter("frames_sent_total", "Frames sent to panels.")
        self.frames_coalesced = metrics.counter(
            "frames_coalesced_total", "Partial turns that a slow panel was spared."
        )
        self.sockets_dropped = metrics.counter(
            "sockets_dropped_total", "Panels cut off by us.", ("reason",)
        )
        self.feeds = metrics.gauge("feeds", "Conversations that at least one panel follows.")
        self.webhook_deliveries = metrics.counter(
            "webhook_deliveries_total", "Tries to bring an event to a receiver.", ("outcome",)
        )
