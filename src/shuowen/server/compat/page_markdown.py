"""One page as Markdown, with other Markdown in the place of some of its regions.

Foreign contracts keep figures and tables apart from the text and leave a mark where they stood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from secrets import token_hex

import msgspec

from shuowen.document.model import Document, Page, Region
from shuowen.writers import markdown
from shuowen.writers.markdown import escape_markdown


def page_markdown(document: Document, page: Page, instead: Mapping[str, str] | None = None) -> str:
    """The page in Markdown, without what is set between pages.

    Args:
        document: What the page belongs to.
        instead: Markdown that stands for a region, by the region's id.
    """
    # Words that the page cannot hold and that the writer has no reason to escape.
    words = {region_id: f"region{token_hex(16)}" for region_id in instead or {}}
    regions = tuple(_marked(region, words.get(region.id)) for region in page.regions)
    alone = msgspec.structs.replace(
        document, pages=(msgspec.structs.replace(page, regions=regions),)
    )
    text = markdown.write(alone).decode().rstrip("\n")
    if not instead:
        return text
    written = {words[region_id]: value for region_id, value in instead.items()}
    return re.sub("|".join(written), lambda match: written[match.group()], text)


def above_text(mark: str, region: Region) -> str:
    """A mark that stands for a figure, and below it the words that the figure holds."""
    words = escape_markdown(region.text)
    return f"{mark}\n\n{words}" if words else mark


def _marked(region: Region, word: str | None) -> Region:
    if word is None:
        return region
    return msgspec.structs.replace(region, kind="text", text=word, table=None)
