"""Telling a person, or a program, what the adviser's socket receives."""

import json
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.text import Text

_WORDS = {
    "fr": {
        "customer": "client",
        "adviser": "conseiller",
        "bot": "assistant",
        "none": "aucun des sujets connus",
        "negative": "mécontent",
        "neutral": "neutre",
        "positive": "satisfait",
        "held": "gardé en réserve",
        "record": "dossier de",
        "started": "la conversation commence",
        "ended": "la conversation est terminée",
        "degraded": "service dégradé",
        "restored": "service rétabli",
        "turns": "interventions",
        "suggestions": "suggestions",
        "final": "fin de parole → texte",
        "suggestion": "fin de parole → suggestion",
    },
    "en": {
        "customer": "customer",
        "adviser": "adviser",
        "bot": "bot",
        "none": "none of the known subjects",
        "negative": "unhappy",
        "neutral": "neutral",
        "positive": "happy",
        "held": "held back",
        "record": "record of",
        "started": "the conversation begins",
        "ended": "the conversation is over",
        "degraded": "service degraded",
        "restored": "service restored",
        "turns": "turns",
        "suggestions": "suggestions",
        "final": "end of speech → text",
        "suggestion": "end of speech → suggestion",
    },
}
_ROLE_STYLE = {"customer": "bold cyan", "adviser": "bold green", "bot": "dim"}


def json_lines(language: str | None = None) -> Callable[[dict[str, Any]], None]:
    """Return an ``emit`` that writes each item to standard output as one line of JSON."""
    del language  # JSON is the same in every language

    def emit(item: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()

    return emit


def readable(
    language: str | None = None, console: Console | None = None
) -> Callable[[dict[str, Any]], None]:
    """Return an ``emit`` that prints lines for a person; partial turns are left out.

    ``language`` is that of the labels, English unless it is ``fr``.
    """
    words = _WORDS["fr" if language == "fr" else "en"]
    out = console or Console(highlight=False)

    def emit(item: dict[str, Any]) -> None:
        if "summary" in item:
            out.print(_summary(item["summary"], words))
            return
        line = _line(item["event"], words)
        if line is not None:
            minutes, seconds = divmod(item["at_ms"] / 1000, 60)
            out.print(Text(f"{minutes:02.0f}:{seconds:04.1f}  ", style="dim") + line)

    return emit


def _line(event: dict[str, Any], words: dict[str, str]) -> Text | None:
    data = event["data"]
    match event["type"]:
        case "turn.final":
            role = Text(f"{words[data['role']]}: ", style=_ROLE_STYLE[data["role"]])
            return role + Text(data["text"], style="default")
        case "turn.analysed":
            return _analysis(data, words)
        case "suggestion.offered":
            return _suggestion(data, words)
        case "context.updated":
            customer = data["customer"]
            return Text(f"{words['record']} {customer['display_name'] or customer['id']}", "blue")
        case "conversation.started" | "conversation.ended":
            return Text(words[event["type"].partition(".")[2]], style="dim")
        case "service.degraded" | "service.restored":
            state = words[event["type"].partition(".")[2]]
            return Text(f"{state}: {data['service']} ({data['reason']})", style="red")
        case _:
            return None


def _analysis(data: dict[str, Any], words: dict[str, str]) -> Text | None:
    parts = []
    for head, prediction in sorted(data["predictions"].items()):
        label = prediction["label"]
        shown = words["none"] if label is None else words.get(label, label)
        parts.append(f"{head}: {shown} {prediction['confidence']:.0%}")
    return Text("    " + " · ".join(parts), style="dim") if parts else None


def _suggestion(data: dict[str, Any], words: dict[str, str]) -> Text:
    card = data["suggestion"]
    held = f" ({words['held']})" if data.get("held") else ""
    quotes = [
        f"« {piece['quote']} »" if "quote" in piece else f"{piece['field']} = {piece['value']}"
        for piece in card["evidence"]
    ]
    line = Text(f"  ▸ {card['title']}{held} {card['confidence']:.0%}", style="bold yellow")
    return line + Text(f"  {card['reason']} {' · '.join(quotes)}", style="yellow")


def _summary(summary: dict[str, Any], words: dict[str, str]) -> Text:
    latency = summary["latency_ms"]
    lines = [
        f"{summary['turns']} {words['turns']}, {summary['suggestions']} {words['suggestions']}"
    ]
    for kind in ("final", "suggestion"):
        median, late = latency[f"{kind}_p50"], latency[f"{kind}_p95"]
        if median is not None:
            lines.append(f"{words[kind]}: {median:.0f} ms (p50), {late:.0f} ms (p95)")
    return Text("\n".join(lines), style="bold")
