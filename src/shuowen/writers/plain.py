"""What all text writers agree on: clean characters, and the sentence for a page that failed."""

from __future__ import annotations

from shuowen.document.model import Page

# Python's own line boundaries besides \n, so that a line is the same thing to every reader.
_LINE_BREAKS = ("\v", "\f", "\r", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_SURROGATES = range(0xD800, 0xE000)
_CLEAN: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS),
    **dict.fromkeys(_SURROGATES, "\N{REPLACEMENT CHARACTER}"),
    **{ord(mark): "\n" for mark in _LINE_BREAKS},
    ord("\n"): "\n",
    ord("\t"): " ",
}


def clean(text: str) -> str:
    """`text` without what would break a file or a terminal; every line break becomes "\\n".

    A PDF's text layer may hold anything: escape sequences that would steer the terminal, form
    feeds, halves of characters that UTF-8 cannot write. Tabs become spaces.
    """
    return text.replace("\r\n", "\n").translate(_CLEAN)


def single_line(text: str) -> str:
    """`text` cleaned, every run of white space as one space."""
    return " ".join(clean(text).split())


def error_sentence(page: Page) -> str:
    """What went wrong with `page` and what to do, on one line; empty when nothing did."""
    if page.error is None:
        return ""
    outcome = "could not be read" if page.status == "failed" else "was read in part"
    told = single_line(f"{page.error.message} {page.error.hint}")
    return f"Page {page.page_number} {outcome}: {told}"
