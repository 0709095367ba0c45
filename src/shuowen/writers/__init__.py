"""From a read document to what the user asked for: one small module for every format."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from shuowen.document.json import to_json
from shuowen.document.model import Page
from shuowen.errors import UsageError
from shuowen.writers import html, markdown, text
from shuowen.writers.writer import DocumentWriter, PageWriter, Writer

if TYPE_CHECKING:
    from shuowen.image.page import Pixels

__all__ = ["WRITERS", "DocumentWriter", "PageWriter", "Writer", "writer_named"]


def _write_overlay(page: Page, pixels: Pixels) -> bytes:
    # Imported when it draws: Pillow and numpy would cost every start of the command 0.1 s.
    from shuowen.writers.overlay import write_page

    return write_page(page, pixels)


WRITERS: dict[str, Writer] = {
    writer.name: writer
    for writer in (
        DocumentWriter(name="md", title="Markdown", suffix=".md", write=markdown.write),
        DocumentWriter(name="json", title="JSON", suffix=".json", write=to_json),
        DocumentWriter(name="html", title="HTML", suffix=".html", write=html.write),
        DocumentWriter(name="txt", title="plain text", suffix=".txt", write=text.write),
        PageWriter(
            name="overlay",
            title="pictures of the pages with what was found drawn on them",
            suffix=".png",
            write_page=_write_overlay,
        ),
    )
}


def writer_named(name: str) -> Writer:
    """The writer that `--to name` asks for.

    Raises:
        UsageError: There is none; the hint names the nearest and all there are.
    """
    if name in WRITERS:
        return WRITERS[name]
    known = {**WRITERS, **{writer.title.lower(): writer for writer in WRITERS.values()}}
    nearest = get_close_matches(name.lower().lstrip("."), known, n=1)
    meant = f"Did you mean {known[nearest[0]].name!r}? " if nearest else ""
    raise UsageError(
        f"There is no output format {name!r}.", f"{meant}Choose one of: {', '.join(WRITERS)}."
    )
