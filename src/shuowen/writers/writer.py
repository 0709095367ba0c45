"""What a writer is: a named strategy that turns what was read into the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shuowen.document.model import Document, Page

if TYPE_CHECKING:  # numpy takes 0.1 s to import, and the command line's help reads this module
    from shuowen.image.page import Pixels


@dataclass(frozen=True, kw_only=True)
class DocumentWriter:
    """Writes a whole document as one file.

    Attributes:
        name: What `--to` takes.
        title: What people call the format.
        suffix: End of the file's name, with the dot.
        write: The document as the bytes of the file.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Document], bytes]


@dataclass(frozen=True, kw_only=True)
class PageWriter:
    """Writes each page as a file of its own, with the page's picture.

    The caller hands over one page and its picture at a time and may then forget both, so that a
    document of any length needs the memory of one page.

    Attributes:
        name, title: As for `DocumentWriter`.
        suffix: End of the file's name, after the page's number.
        write_page: A page and its picture, (H, W, 3) RGB uint8, as the bytes of the page's file.
            The picture may be drawn at another size than the page was read at.
    """

    name: str
    title: str
    suffix: str
    write_page: Callable[[Page, Pixels], bytes]

    def suffix_of(self, page_number: int) -> str:
        """End of the file's name for one page: `.overlay-0012.png`; names sort as pages do."""
        return f".{self.name}-{page_number:04d}{self.suffix}"


Writer = DocumentWriter | PageWriter
