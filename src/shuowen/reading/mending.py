"""Last corrections once everything on a page has its name: headings and lists that were cut off.

Columns are told apart before anybody knows what is a heading, so a heading across the page, or
the last item of a list, may end in the column below which it happens to stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shuowen.reading.drafts import Draft
from shuowen.reading.named import Named

NEAR = 2.5
"""White, in letter sizes, between a heading and what it heads, at most."""
CENTERED = 0.1
"""Share of the page's width by which a centred heading may be off the middle."""
SAME_EDGE = 1.0
"""Letter sizes by which the left edges of one list's items may differ."""
LIST_GAP = 0.8
"""White, in letter sizes, between the items of one list, at most."""


def mended(body: Sequence[Named], usual: float, page_width: int) -> list[Named]:
    """The body of a page with its headings before what they head and its lists whole.

    Args:
        body: Everything between header and footnotes, in reading order.
        usual: The page's usual letter size in pixels.
        page_width: In pixels.
    """
    items = list(body)
    for title in [item for item in items if item.kind == "title"]:
        items = _before_what_it_heads(items, title, usual)
    items = _with_captions(_joined_lists(items, usual))
    return _with_a_top_title(_without_an_empty_end(items), page_width)


def _before_what_it_heads(items: list[Named], title: Named, usual: float) -> list[Named]:
    """Moves a heading that stands at a column's foot to the wider text right below it."""
    index = items.index(title)
    if index + 1 == len(items) or items[index + 1].box.top > title.box.top:
        return items
    for later in range(index + 2, len(items)):
        other = items[later]
        is_wider = other.box.right > items[index + 1].box.left
        if is_wider and _is_right_below(other, title, NEAR * usual):
            return [*items[:index], *items[index + 1 : later], title, *items[later:]]
    return items


def _is_right_below(item: Named, upper: Named, distance: float) -> bool:
    gap = item.box.top - upper.box.bottom
    overlaps = min(item.box.right, upper.box.right) > max(item.box.left, upper.box.left)
    return overlaps and -distance / 2 < gap < distance


def _joined_lists(items: Sequence[Named], usual: float) -> list[Named]:
    """Lists that go on where another ended become one."""
    joined: list[Named] = []
    for item in items:
        if joined and _goes_on(joined[-1], item, usual):
            joined[-1] = _together(joined[-1], item)
        else:
            joined.append(item)
    return joined


def _goes_on(first: Named, second: Named, usual: float) -> bool:
    return (
        first.kind == second.kind == "list"
        and _is_right_below(second, first, LIST_GAP * usual)
        and abs(first.box.left - second.box.left) <= SAME_EDGE * usual
    )


def _together(first: Named, second: Named) -> Named:
    paragraphs = (*first.draft.paragraphs, *second.draft.paragraphs)
    draft = Draft(paragraphs=paragraphs, kind=first.draft.kind)
    return replace(first, draft=draft, box=first.box.union(second.box))


def _with_captions(items: Sequence[Named]) -> list[Named]:
    """A single row that the network takes for a caption is one beside a table or a figure."""
    named = []
    for index, item in enumerate(items):
        beside = {other.kind for other in items[max(index - 1, 0) : index + 2]}
        is_caption = (
            item.kind == "text"
            and [row.vote for row in item.draft.rows] == ["caption"]
            and bool(beside & {"table", "figure"})
        )
        named.append(replace(item, kind="caption") if is_caption else item)
    return named


def _without_an_empty_end(items: Sequence[Named]) -> list[Named]:
    """A heading of ordinary letters that heads nothing is a signature or a date, not a heading."""
    if len(items) < 2 or items[-1].kind != "title" or items[-1].is_large:
        return list(items)
    return [*items[:-1], replace(items[-1], kind="text", level=None)]


def _with_a_top_title(items: Sequence[Named], page_width: int) -> list[Named]:
    """A centred, unnumbered heading above everything, as large as any, is the page's title."""
    if not items or items[0].kind != "title":
        return list(items)
    first = items[0]
    others = [item.level or 1 for item in items[1:] if item.kind == "title"]
    is_centered = abs(first.box.center[0] - page_width / 2) <= CENTERED * page_width
    if is_centered and min(others, default=9) >= (first.level or 1):
        return [replace(first, level=1), *items[1:]]
    return list(items)
