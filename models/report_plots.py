"""The plots of the page of scores, as SVG without any script."""

import html
from collections.abc import Mapping, Sequence

Point = tuple[float, float]

_SIDE, _LEFT, _TOP, _BELOW, _RIGHT = 260, 48, 10, 44, 24
_NAMES, _BAR, _STEP = 190, 240, 26
_COLOURS = ("#14539a", "#b4540a")
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def figure(caption: str, drawing: str) -> str:
    """Return a drawing with its caption."""
    return f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>"


def curves(
    lines: Mapping[str, Sequence[Point]],
    axes: tuple[str, str],
    *,
    ticks: Sequence[tuple[float, str]] = (),
    diagonal: bool = False,
) -> str:
    """Return named lines in one frame; the vertical axis goes from 0 to 1.

    Args:
        lines: points (x, y) by the line's name, at most two lines; a legend names two.
        axes: what lies across and what goes up.
        ticks: marks of the horizontal axis, its range too; 0 to 1 when left out.
        diagonal: whether to draw the line on which said and true agree.
    """
    marks = list(ticks) or [(tick, f"{tick:g}") for tick in _TICKS]
    first, last = marks[0][0], marks[-1][0]
    width = max(last - first, 1e-9)

    def place(x: float, y: float) -> Point:
        return _LEFT + _SIDE * (x - first) / width, _TOP + _SIDE * (1 - min(max(y, 0.0), 1.0))

    parts = [_frame(axes, [(place(x, 0)[0], name) for x, name in marks])]
    if diagonal:
        (x1, y1), (x2, y2) = place(first, 0), place(last, 1)
        parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#8a96a3" '
            'stroke-dasharray="4 4"/>'
        )
    for colour, (name, points) in zip(_COLOURS, lines.items(), strict=False):
        parts.append(_line([place(*point) for point in points], points, colour, name))
    if len(lines) > 1:
        parts += [
            _text(_LEFT + 10, _TOP + _SIDE - 28 + 16 * number, name, colour=colour)
            for number, (colour, name) in enumerate(zip(_COLOURS, lines, strict=False))
        ]
    return _svg(_LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BELOW, parts)


def bars(values: Sequence[tuple[str, float]]) -> str:
    """Return bars of values between 0 and 1, each with its name and figure."""
    parts = []
    for place, (name, value) in enumerate(values):
        top = 4 + _STEP * place
        length = _BAR * min(max(value, 0.0), 1.0)
        parts += [
            _text(_NAMES - 8, top + 14, name, anchor="end"),
            f'<rect x="{_NAMES}" y="{top}" width="{_BAR}" height="18" fill="#eef1f5"/>',
            f'<rect x="{_NAMES}" y="{top}" width="{length:.1f}" height="18" fill="{_COLOURS[0]}"/>',
            _text(_NAMES + _BAR + 8, top + 14, f"{value:.3f}"),
        ]
    return _svg(_NAMES + _BAR + 56, 8 + _STEP * len(values), parts)


def _frame(axes: tuple[str, str], marks: Sequence[tuple[float, str]]) -> str:
    across, up = axes
    low, middle = _TOP + _SIDE, _TOP + _SIDE / 2
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="#fff" '
        'stroke="#c3ccd6"/>'
    ]
    for tick in _TICKS:
        y = low - _SIDE * tick
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _SIDE}" y2="{y:.1f}" stroke="#e8ecf1"/>'
        )
        parts.append(_text(_LEFT - 6, y + 4, f"{tick:g}", anchor="end", size=11))
    parts += [_text(x, low + 16, name, anchor="middle", size=11) for x, name in marks]
    parts.append(_text(_LEFT + _SIDE / 2, low + 36, across, anchor="middle"))
    parts.append(
        f'<text x="12" y="{middle:.0f}" font-size="12" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle:.0f})">{html.escape(up)}</text>'
    )
    return "".join(parts)


def _line(places: Sequence[Point], points: Sequence[Point], colour: str, name: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}">'
        f"<title>{html.escape(name)} {px:.3g}: {py:.3f}</title></circle>"
        for (x, y), (px, py) in zip(places, points, strict=True)
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, colour: str = "#1b2733"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{html.escape(text)}</text>'
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">'
        f"{''.join(parts)}</svg>"
    )
