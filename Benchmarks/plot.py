"""A bar chart as SVG, without a library: one bar a row, the rate beside it. Legible on light and dark pages."""

from xml.sax.saxutils import escape

WIDTH, BAR, GAP, LABEL, FIGURE = 760, 22, 12, 270, 110
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.ours{fill:#c2410c}.other{fill:#64748b}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
)


def bars(title, rows, unit):
    """`rows`: (name, value, whether it is ours)."""
    widest = max(value for _, value, _ in rows) or 1
    height = 34 + len(rows) * (BAR + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text x="0" y="16" font-weight="600">{escape(title)}</text>',
    ]
    for number, (name, value, ours) in enumerate(rows):
        top = 30 + number * (BAR + GAP)
        width = max(1, (WIDTH - LABEL - FIGURE) * value / widest)
        lines.append(f'<text x="{LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>')
        lines.append(
            f'<rect x="{LABEL}" y="{top}" width="{width:.1f}" height="{BAR}" rx="3" class="{"ours" if ours else "other"}"/>')
        lines.append(f'<text x="{LABEL + width + 8:.1f}" y="{top + 16}">{value:,.0f} {escape(unit)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"
