"""A form filled from documents: which values were found, where they stand, and which are missing.

Every value is text of the page, at most rewritten as the schema's type: nothing is made up. What
is not found is null, or left out where the schema allows neither; what a schema insists on and no
page has is listed in `Extraction.missing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shuowen.document.model import Document
from shuowen.server.chat.key_values.book import Book
from shuowen.server.chat.key_values.filling import Filling, FoundField
from shuowen.server.chat.key_values.form import Group
from shuowen.server.chat.key_values.slots import assigned
from shuowen.source.stop import Stop


@dataclass(frozen=True)
class Extraction:
    """A filled form.

    Attributes:
        value: The answer; fits the schema when nothing is missing.
        fields: Where each value comes from, in the form's order.
        missing: Paths of values that the schema insists on and that were not found.
        empty: Paths of lists that no rows were found for.
    """

    value: dict[str, Any]
    fields: tuple[FoundField, ...]
    missing: tuple[str, ...]
    empty: tuple[str, ...] = ()


def extract(documents: Sequence[Document], form: Group, stop: Stop | None = None) -> Extraction:
    """Fill a form.

    Args:
        documents: In the result they are numbered from 1.
        form: What is asked for.
        stop: Ends the search from another thread.

    Raises:
        CapacityError: `stop` was set.
    """
    book = Book(documents, stop)
    filling = Filling(book)
    value = filling.answer(form, assigned(form, book))
    return Extraction(value, tuple(filling.fields), tuple(filling.missing), tuple(filling.empty))
