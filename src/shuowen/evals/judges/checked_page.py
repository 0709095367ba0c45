"""A reading as olmOCR-bench looks at it, and how it makes texts comparable.

Source of the rules: olmOCR-bench's published code (allenai/olmocr, olmocr/bench/tests.py). The
benchmark wants the body of a page: what the reader knows for a header, a footer or a page number is
left out, as our Markdown leaves it out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from shuowen.evals.judges.blocks import Block, is_page_html, read_blocks
from shuowen.evals.judges.table_markup import html_tables
from shuowen.evals.reading import Reading
from shuowen.evals.table_trees import parse_tables, table_text

_BOLD, _ITALIC = re.compile(r"(\*\*|__)(.*?)\1"), re.compile(r"(\*|_)(.*?)\1")
_PLAIN_TAGS = re.compile(r"</?[bi]>")
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("–—‑‒−", "-"),
        "＿": "_",
        "\N{MICRO SIGN}": "\N{GREEK SMALL LETTER MU}",
    }
)


@dataclass(frozen=True)
class CheckedPage:
    """The reading of one page, in the forms that checks look at."""

    reading: Reading

    @cached_property
    def text(self) -> str:
        """The body as text: Markdown as it is, of HTML what it says."""
        if not is_page_html(self.markup):
            return self.reading.text
        bodies = map(_body, read_blocks(self.reading))
        return "\n\n".join(body for body in bodies if body)

    @cached_property
    def normalised(self) -> str:
        """`text`, normalised."""
        return normalise(self.text)

    @property
    def markup(self) -> str:
        """The richest form that the reader gave."""
        return self.reading.html or self.reading.text

    @property
    def tables(self) -> list[str]:
        """All tables as HTML, pipe tables among them."""
        return [block.content for block in read_blocks(self.reading) if block.kind == "table"]

    @property
    def html_tables(self) -> list[str]:
        """The tables that were written as HTML."""
        return html_tables(self.markup)


def normalise(text: str) -> str:
    """Text as it is compared: no emphasis, single blanks, composed, plain punctuation."""
    text = _PLAIN_TAGS.sub("", re.sub(r"<br\s*/?>", " ", text))
    unmarked = _ITALIC.sub(r"\2", _BOLD.sub(r"\2", text))
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", unmarked)).translate(_FOLDED)


def _body(block: Block) -> str:
    if block.kind == "table":
        return "\n".join(map(table_text, parse_tables(block.content)))
    return "" if block.kind in ("margin", "inline formula") else block.content
