"""A self-contained page, which asks nothing of any network: its frame and its pieces."""

from __future__ import annotations

__all__ = ["details", "note", "page", "picture", "room_for", "section", "table_section", "terms"]

import base64
import gzip
import html
import json
from collections.abc import Mapping
from importlib import resources

from imctune.report.figures import Figure
from imctune.report.table import Table

# Nothing is loaded, whatever a name or a library asks for; plotly.js compiles its shaders' callers.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; form-action 'none'; base-uri 'none'"
)


def page(
    title: str, subtitle: str, sections: list[str], figures: Mapping[str, Figure] | None = None
) -> str:
    """Return a whole page: its sections, and the figures that they leave room for."""
    drawn = {name: figure for name, figure in (figures or {}).items() if figure["data"]}
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(title)}</title>",
            f"<style>\n{_asset('page.css')}</style>\n</head>\n<body>",
            f'<h1>{html.escape(title)}</h1>\n<p class="quiet">{html.escape(subtitle)}</p>',
            *sections,
            *(_scripts(drawn) if drawn else []),
            "</body>\n</html>\n",
        ]
    )


def _scripts(figures: Mapping[str, Figure]) -> list[str]:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 -- half a second, not for --help

    text = json.dumps(figures, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c")
    packed = base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()
    return [
        f'<script type="application/json" id="figures">{safe}</script>',
        f'<script type="text/plain" id="plotly">{packed}</script>',
        f"<script>\n{_asset('page.js')}</script>",
    ]


def _asset(name: str) -> str:
    return resources.files("imctune.report").joinpath(name).read_text(encoding="utf-8")


def section(title: str, *content: str) -> str:
    """Return a section of a page: a heading, and HTML below it."""
    return "\n".join([f"<section>\n<h2>{html.escape(title)}</h2>", *content, "</section>"])


def table_section(table: Table) -> str:
    """Return a table as a section of a page."""
    return section(table.title, table.as_html(titled=False))


def room_for(figures: dict[str, Figure], name: str, figure: Figure) -> str:
    """Note a figure, and return the room for it: empty figures take none."""
    if not figure["data"]:
        return ""
    figures[name] = figure
    height = figure["layout"]["height"]
    return f'<div class="figure" id="{name}" style="height:{height}px"></div>'


def note(text: str) -> str:
    """Return a remark."""
    return f'<p class="note">{html.escape(text)}</p>'


def picture(svg: str) -> str:
    """Return SVG that fills the width."""
    return f'<div class="picture">{svg}</div>'


def terms(pairs: Mapping[str, str]) -> str:
    """Return terms with what they are, those that are empty left out."""
    rows = (
        f"<dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd>"
        for term, text in pairs.items()
        if text
    )
    return f"<dl>{''.join(rows)}</dl>"


def details(title: str, content: str) -> str:
    """Return HTML that shows when its title is clicked."""
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"
