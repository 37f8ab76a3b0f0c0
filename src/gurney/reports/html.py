"""One self-contained HTML page per report: no script, no outside asset, safe whatever a value holds.

Every text passes `escaped`, and the page's policy forbids scripts and requests, so that markup in a record can
neither run nor call home. Values are set apart for writing direction, so that one odd name cannot turn its row.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from gurney.reports.blocks import (
    Badge,
    Block,
    Callout,
    Cell,
    Code,
    Facts,
    FindingLine,
    Findings,
    Heading,
    Prose,
    Steps,
    Table,
)
from gurney.reports.style import STYLE
from gurney.reports.units import moment_words

_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if code not in (9, 10)} | {127: "\u2421"}
_MARKS = {"good": "\u2713", "info": "\u2022", "warning": "!", "error": "\u2717"}
_LONG_NAME = re.compile(r"[A-Za-z0-9._]{17,}")
_JOINT = re.compile(r"[._]")
_LEVEL_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}


def escaped(text: str) -> str:
    """Text made safe for HTML; control characters become visible signs (a bare CR LF is a line break)."""
    return html.escape(text.replace("\r\n", "\n").translate(_CONTROLS))


def page(title: str, about: Sequence[tuple[str, Cell]], blocks: Sequence[Block]) -> Iterator[str]:
    """The whole document, piece by piece."""
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{escaped(title)}</h1>{_facts(Facts(about))}</header>\n"
    )
    yield _contents(blocks)
    yield "<main>\n"
    for block in blocks:
        yield from _block(block)
    yield "</main>\n</body>\n</html>\n"


def _contents(blocks: Sequence[Block]) -> str:
    titles = [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]
    if len(titles) < 4:
        return ""
    links = "".join(f'<li><a href="#{_anchor(title)}">{escaped(title)}</a></li>' for title in titles)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n'


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            anchor = f' id="{_anchor(text)}"' if level == 2 else ""
            yield f"<h{level}{anchor}>{escaped(text)}</h{level}>\n"
        case Prose(text):
            yield f"<p>{escaped(text)}</p>\n"
        case Facts():
            yield _facts(block)
        case Table():
            yield from _table(block)
        case Steps(items):
            yield "<ol>" + "".join(f"<li>{escaped(item)}</li>" for item in items) + "</ol>\n"
        case Findings(items, empty):
            found = "".join(_finding(item) for item in items)
            yield f'<ul class="findings">{found}</ul>\n' if found else f"<p>{escaped(empty)}</p>\n"
        case Callout(title, lines, level):
            inner = "".join(f"<p>{escaped(line)}</p>" for line in lines)
            yield (
                f'<section class="callout {_level(level)}"><p class="title">{_mark(level)}{escaped(title)}</p>'
                f"{inner}</section>\n"
            )


def _facts(block: Facts) -> str:
    lines = "".join(f"<div><dt>{escaped(name)}</dt><dd>{_cell(value)}</dd></div>" for name, value in block.items)
    return f"<dl>{lines}</dl>\n"


def _table(block: Table) -> Iterator[str]:
    if not block.rows:
        yield f"<p><strong>{escaped(block.caption)}:</strong> {escaped(block.empty)}</p>\n"
        return
    numeric = [_is_numeric(block.rows, place) for place in range(len(block.columns))]
    heads = "".join(
        f'<th scope="col"{" class=n" if right else ""}>{escaped(title)}</th>'
        for title, right in zip(block.columns, numeric, strict=True)
    )
    yield (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escaped(block.caption)}">'
        f"<table><caption>{escaped(block.caption)}</caption><thead><tr>{heads}</tr></thead><tbody>\n"
    )
    for row in block.rows[: block.most]:
        yield _row(row, numeric)
    yield "</tbody></table></div>\n"
    if len(block.rows) > block.most:
        yield (
            f"<p>{block.most:,} of {len(block.rows):,} rows are shown; "
            "all of them stand in the JSON document beside this page.</p>\n"
        )


def _row(row: Sequence[Cell], numeric: Sequence[bool]) -> str:
    cells = []
    for place, (value, right) in enumerate(zip(row, numeric, strict=True)):
        tag = 'th scope="row"' if place == 0 else "td"
        cells.append(f"<{tag}{' class=n' if right else ''}>{_cell(value)}</{tag[:2]}>")
    return f"<tr>{''.join(cells)}</tr>\n"


def _is_numeric(rows: Sequence[Sequence[Cell]], place: int) -> bool:
    filled = [row[place] for row in rows[:200] if row[place] is not None]
    return bool(filled) and all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in filled)


def _cell(value: Cell) -> str:
    match value:
        case None:
            return '<span class="none" aria-label="nothing">\u2013</span>'
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal():
            return f"{value:,}"
        case datetime():
            return moment_words(value)
        case date():
            return value.isoformat()
        case str():
            return f"<bdi>{_breakable(escaped(value))}</bdi>"
        case Badge(text, level):
            return f'<span class="badge {_level(level)}">{_mark(level)}{escaped(text)}</span>'
        case Code(text):
            return f"<code><bdi>{escaped(text)}</bdi></code>"
        case _:
            return "<br>".join(f"<bdi>{escaped(part)}</bdi>" for part in value)


def _breakable(text: str) -> str:
    """A long API name may go on in the next line after a dot or underscore, so that a table stays narrow."""
    return _JOINT.sub(r"\g<0><wbr>", text) if _LONG_NAME.fullmatch(text) else text


def _finding(item: FindingLine) -> str:
    said = f"<p>{_cell(Badge(_LEVEL_WORDS.get(item.level, item.level), item.level))} {escaped(item.words)}"
    if item.count is not None:
        said += f" <strong>({item.count:,})</strong>"
    if item.code:
        said += f" {_cell(Code(item.code))}"
    said += "</p>"
    if item.next_step:
        said += f'<p class="next">{escaped(item.next_step)}</p>'
    if item.ids:
        said += f'<p class="ids">{_ids(item)}</p>'
    return f'<li class="{_level(item.level)}">{said}</li>'


def _ids(item: FindingLine) -> str:
    listed = ", ".join(_cell(Code(one)) for one in item.ids)
    more = (item.count or 0) - len(item.ids)
    return listed + (f" and {more:,} more" if more > 0 else "")


def _level(level: str) -> str:
    return level if level in _MARKS else "info"


def _mark(level: str) -> str:
    return f'<span class="mark" aria-hidden="true">{_MARKS[_level(level)]}</span> '
