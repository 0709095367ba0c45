"""Tables that somebody wrote in Markdown, as the HTML by which tables are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

_RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")
_BAR = re.compile(r"(?<!\\)\|")


def with_html_tables(markdown: str) -> str:
    """`markdown` with its bar tables as HTML tables; all else, HTML tables included, as it is."""
    lines = markdown.split("\n")
    return "\n".join(
        "\n".join(_written(list(block), is_table)) for is_table, block in groupby(lines, _has_bars)
    )


def _written(block: list[str], is_table: bool) -> Iterator[str]:
    """A run of lines with bars is a table when its second line is a rule."""
    if not is_table or len(block) < 2 or not _RULE.fullmatch(block[1].strip()):
        yield from block
        return
    rows = [block[0], *block[2:]]
    yield "<table>"
    yield from (f"<tr>{''.join(f'<td>{cell}</td>' for cell in _cells(row))}</tr>" for row in rows)
    yield "</table>"


def _has_bars(line: str) -> bool:
    return line.lstrip().startswith("|")


def _cells(row: str) -> list[str]:
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [escape(cell.replace("\\|", "|").strip()) for cell in _BAR.split(inner)]
