"""The panel's colours reach WCAG 2.2 AA (4.5:1 for text) in the light and in the dark."""

import re
from pathlib import Path

import pytest

THEME = Path(__file__).parents[3] / "services/gateway/panel/src/styles/theme.ts"

PAIRS = [
    *((text, ground) for text in ("ink", "muted") for ground in ("ground", "surface", "sunken")),
    *(("ink", soft) for soft in ("accent-soft", "warm-soft")),
    ("muted", "accent-soft"),
    ("muted", "warm-soft"),
    *((tone, "surface") for tone in ("accent", "cue", "know", "good", "tense", "warm")),
    *((tone, f"{tone}-soft") for tone in ("accent", "cue", "know", "warm")),
    *(("accent-ink", tone) for tone in ("accent", "cue", "know")),
    ("tense", "warm-soft"),
    ("mark-ink", "mark"),
    ("surface", "ink"),
]


def palette(scheme: str) -> dict[str, str]:
    light, dark = THEME.read_text().split("prefers-color-scheme: dark", 1)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_legible(scheme: str, text: str, ground: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[text], colours[ground]) >= 4.5
