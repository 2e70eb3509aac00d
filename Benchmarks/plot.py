"""Charts as SVG, without a library. Legible on light and dark pages."""

import math

from xml.sax.saxutils import escape

WIDTH, BAR, GAP, LABEL, FIGURE = 760, 22, 12, 270, 110
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.ours{fill:#c2410c}.other{fill:#64748b}"
    ".line{fill:none;stroke:#c2410c;stroke-width:2}.axis{stroke:#94a3b8}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
)


def head(title, height):
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text x="0" y="16" font-weight="600">{escape(title)}</text>',
    ]


def bars(title, rows, unit):
    """One bar a row, its value beside it. `rows`: (name, value, whether it is ours)."""
    widest = max(value for _, value, _ in rows) or 1
    height = 34 + len(rows) * (BAR + GAP)
    lines = head(title, height)
    for number, (name, value, ours) in enumerate(rows):
        top = 30 + number * (BAR + GAP)
        width = max(1, (WIDTH - LABEL - FIGURE) * value / widest)
        lines.append(f'<text x="{LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>')
        lines.append(
            f'<rect x="{LABEL}" y="{top}" width="{width:.1f}" height="{BAR}" rx="3" class="{"ours" if ours else "other"}"/>')
        lines.append(f'<text x="{LABEL + width + 8:.1f}" y="{top + 16}">{value:,.0f} {escape(unit)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def panels(title, sizes, series):
    """A line for each series in a panel of its own, from zero, over sizes on a logarithmic scale; each point with its value.

    `series`: name → a value for each size.
    """
    tall, room = 86, 20
    height = 34 + len(series) * (tall + room) + 24
    lines = head(title, height)
    span = math.log10(sizes[-1] / sizes[0]) or 1
    across = [LABEL + (WIDTH - LABEL - FIGURE / 2) * math.log10(size / sizes[0]) / span for size in sizes]
    for number, (name, values) in enumerate(series.items()):
        bottom = 34 + number * (tall + room) + tall
        widest = max(values) or 1
        up = [bottom - (tall - 22) * value / widest for value in values]
        lines.append(f'<text x="{LABEL - 24}" y="{bottom - tall / 2 + 16:.1f}" text-anchor="end">{escape(name)}</text>')
        lines.append(f'<line class="axis" x1="{LABEL}" y1="{bottom}" x2="{across[-1]:.1f}" y2="{bottom}"/>')
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, up))
        lines.append(f'<polyline class="line" points="{points}"/>')
        for x, y, value in zip(across, up, values):
            lines.append(f'<circle class="ours" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
            lines.append(f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle">{value:,.0f}</text>')
    for x, size in zip(across, sizes):
        lines.append(f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{size:,}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"
