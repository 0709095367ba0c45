"""The single values of a form, each given what supports it best, no piece of a page used twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shuowen.server.chat.key_values.book import Book
from shuowen.server.chat.key_values.finding import Candidate, candidates
from shuowen.server.chat.key_values.form import Group, Leaf
from shuowen.server.chat.key_values.names import Names, merged, under
from shuowen.server.chat.key_values.rows import Part
from shuowen.server.chat.key_values.shapes import by_shape

Path = tuple[str | int, ...]

_SAME_CLAIM = 0.03
"""Two fields whose labels fit a value equally well may both have it."""
_MOST_HEADINGS = 50
"""Places of one group's heading that are looked at."""
_OWN_HEADING, _OTHER_HEADING = 1.15, 0.5


@dataclass(frozen=True)
class Slot:
    """A value to find.

    Attributes:
        path: Its keys from the top.
        leaf: What it is.
        names: What its label may say, its group's heading included.
    """

    path: Path
    leaf: Leaf
    names: Names


def slots_of(form: Group, path: Path = (), parents: Names | None = None) -> Iterator[Slot]:
    """All single values of a form that have to be looked for, lists left out."""
    for key, field in form.fields.items():
        above = parents or {}
        if isinstance(field, Leaf) and not field.is_fixed:
            yield Slot((*path, key), field, merged(field.names, under(above, field.names)))
        elif isinstance(field, Group):
            yield from slots_of(field, (*path, key), field.names)


def assigned(form: Group, book: Book) -> dict[Path, Candidate]:
    """What was found for the single values of a form."""
    slots = list(slots_of(form))
    headings = _headings(form, book)
    claims = []
    for slot in slots:
        for each in candidates(slot.leaf, slot.names, book):
            book.check_wanted()
            claims.append((_supported(each, slot, headings), slot, each))
    found: dict[Path, Candidate] = {}
    taken: dict[tuple[object, ...], float] = {}
    for score, slot, each in sorted(claims, key=lambda claim: -claim[0]):
        place = each.part.document_number, each.part.page_number, each.part.box
        if slot.path not in found and taken.get(place, score) - score <= _SAME_CLAIM:
            found[slot.path] = each
            taken.setdefault(place, score)
    for slot in slots:
        if slot.path not in found and (each_shape := by_shape(slot.leaf, slot.names, book)):
            found[slot.path] = each_shape
    return found


def _headings(form: Group, book: Book, path: Path = ()) -> dict[Path, list[Part]]:
    """Where the names of a form's groups stand on the pages."""
    headings: dict[Path, list[Part]] = {}
    for key, field in form.fields.items():
        if not isinstance(field, Group):
            continue
        matches = [match for name in field.names for match in book.matches(name)]
        parts = [match.row.part(match.start, match.end) for match in matches]
        found = (part for part in parts if part is not None)
        headings[(*path, key)] = list(islice(found, _MOST_HEADINGS))
        headings |= _headings(field, book, (*path, key))
    return headings


def _supported(each: Candidate, slot: Slot, headings: dict[Path, list[Part]]) -> float:
    """A candidate's score, higher under the heading of its own group, lower under another's."""
    group = slot.path[:-1]
    if not group or not any(headings.values()):
        return each.score
    place = each.label or each.part
    distances = {
        path: distance
        for path, parts in headings.items()
        if (distance := min((_above(part, place) for part in parts), default=float("inf")))
        < float("inf")
    }
    if not distances:
        return each.score
    nearest = min(distances, key=lambda path: distances[path])
    if nearest == group[: len(nearest)]:
        return each.score * _OWN_HEADING
    return each.score * (_OTHER_HEADING if group in distances else 1.0)


def _above(heading: Part, place: Part) -> float:
    """How far a heading is from what stands below it; infinite for one that is not above."""
    is_same_page = (heading.document_number, heading.page_number) == (
        place.document_number,
        place.page_number,
    )
    down = place.level.top - heading.level.top
    if not is_same_page or down < -0.5 * heading.level.height:
        return float("inf")
    return max(0.0, down) + abs(place.level.left - heading.level.left)
