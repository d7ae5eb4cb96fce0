"""JSON logs on standard error, from which personal data is kept out (``pii*`` is dropped)."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then the ``extra`` fields.

    An extra field whose name starts with ``pii`` is left out unless ``keep_pii`` is set, which is
    meant for a developer's own machine only.
    """

    def __init__(self, *, keep_pii: bool = False) -> None:
        super().__init__()
        self._keep_pii = keep_pii

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in record.__dict__.items():
            if name in _STANDARD or (name.startswith("pii") and not self._keep_pii):
                continue
            line[name] = value
        if record.exc_info and record.exc_info[0] is not None:
            # The exception's text may quote a customer: only its kind and place are logged.
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def _frames(trace: Any) -> list[str]:
    frames: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames


def configure(level: str) -> None:
    """Send every logger's records to standard error as JSON, from ``level`` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Access logs hold ids in their URLs; the metrics say the same without them.
    for noisy in ("uvicorn.access", "httpx2", "httpx", "faster_whisper"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
