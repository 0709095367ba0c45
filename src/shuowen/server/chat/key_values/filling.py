"""Building the answer from what was found, and telling what the schema insists on in vain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from shuowen.document.model import Box
from shuowen.server.chat.key_values.book import Book
from shuowen.server.chat.key_values.columns import Path
from shuowen.server.chat.key_values.finding import Candidate, FoundBy
from shuowen.server.chat.key_values.form import Form, Group, Leaf, Rows
from shuowen.server.chat.key_values.lists import items_of
from shuowen.server.chat.key_values.pairs import pairs_of


class FoundField(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value of the answer comes from.

    Attributes:
        path: The value in the answer, as a JSON Pointer: "/items/0/price".
        text: What was read.
        document_number, page_number: Which file and page, both from 1.
        box: Where it stands, in pixels of the page as it came: left, top, right, bottom.
        confidence: How sure the characters are, 0 to 1.
        support: How well label and place support the value, 0 to 1.
        found_by: label: it stands at its label; table: in its column; shape: nothing else on the
            pages looks like it; heading: it is the firm at the top.
        label: What the label says; empty where none told.
        label_box: Where the label stands.
        note: Why a value that is there could not be given; empty when it could.
    """

    path: str
    text: str
    document_number: int
    page_number: int
    box: Box
    confidence: float
    support: float
    found_by: FoundBy
    label: str = ""
    label_box: Box | None = None
    note: str = ""


class _Absent:
    """What nothing was found for."""


ABSENT = _Absent()
"""Not there, and the schema does not let it be null."""

Found = Mapping[Path, Candidate]


class Filling:
    """Fills one form; where values come from, and what is missing, is gathered on the way.

    Attributes:
        fields: Where each value comes from.
        missing: Paths of what the form insists on and was not found.
        empty: Paths of lists that no rows were found for.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.fields: list[FoundField] = []
        self.missing: list[str] = []
        self.empty: list[str] = []

    def value(self, form: Form, path: Path, found: Found, inside: Path) -> Any:
        """What a form becomes, or `ABSENT`.

        Args:
            form: What is asked for.
            path: Where it stands in the answer.
            found: What was found for the single values of the whole form or list element.
            inside: Where the form stands in that.
        """
        if isinstance(form, Rows):
            return self._list(form, path)
        if isinstance(form, Group):
            return self._object(form, path, found, inside)
        if form.is_fixed:
            return form.choices[0]
        candidate = found.get(inside)
        if candidate is not None:
            self.fields.append(_field(path, candidate))
            if not candidate.value.note:
                return candidate.value.value
        return None if form.nullable else ABSENT

    def answer(self, form: Group, found: Found) -> dict[str, Any]:
        """The whole answer, with what was found even where something is missing."""
        return self._entries(form, (), found, ())

    def _object(self, form: Group, path: Path, found: Found, inside: Path) -> Any:
        num_missing, num_fields, num_empty = len(self.missing), len(self.fields), len(self.empty)
        answer = self._entries(form, path, found, inside)
        is_whole = len(self.missing) == num_missing
        if form.nullable and (not is_whole or len(self.fields) == num_fields):
            del self.missing[num_missing:], self.fields[num_fields:], self.empty[num_empty:]
            return None
        return answer if is_whole else ABSENT

    def _entries(self, form: Group, path: Path, found: Found, inside: Path) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for key, field in form.fields.items():
            before = len(self.missing), len(self.fields), len(self.empty)
            value = self.value(field, (*path, key), found, (*inside, key))
            if value is not ABSENT:
                answer[key] = value
            elif key not in form.required:
                del self.missing[before[0] :], self.fields[before[1] :], self.empty[before[2] :]
            elif len(self.missing) == before[0]:
                self.missing.append(pointer((*path, key)))
        return answer | (self._others(form.others, path) if form.others else {})

    def _list(self, form: Rows, path: Path) -> Any:
        answer: list[Any] = []
        num_missing, num_fields = len(self.missing), len(self.fields)
        for item in items_of(form, self.book):
            before = len(self.fields)
            value = self.value(form.item, (*path, len(answer)), item, ())
            if value is ABSENT:
                del self.missing[num_missing:], self.fields[before:]
            else:
                answer.append(value)
        is_fitting = form.fewest <= len(answer) <= (len(answer) if form.most is None else form.most)
        if form.nullable and not (answer and is_fitting):
            del self.fields[num_fields:]
            return None
        if not answer and is_fitting:
            self.empty.append(pointer(path))
        return answer if is_fitting else ABSENT

    def _others(self, leaf: Leaf, path: Path) -> dict[str, Any]:
        """All labels and their values; what stands at a label's second place is "Total (2)"."""
        answer: dict[str, Any] = {}
        times: Counter[str] = Counter()
        for label, candidate in pairs_of(leaf, self.book):
            key = label
            while key in answer:
                times[label] += 1
                key = f"{label} ({times[label] + 1})"
            answer[key] = candidate.value.value
            self.fields.append(_field((*path, key), candidate))
        return answer


def pointer(path: Path) -> str:
    """A path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _field(path: Path, found: Candidate) -> FoundField:
    part, label = found.part, found.label
    return FoundField(
        path=pointer(path),
        text=part.text,
        document_number=part.document_number,
        page_number=part.page_number,
        box=part.box,
        confidence=round(part.confidence, 4),
        support=round(min(1.0, found.score), 4),
        found_by=found.found_by,
        label=label.text if label else "",
        label_box=label.box if label else None,
        note=found.value.note,
    )
