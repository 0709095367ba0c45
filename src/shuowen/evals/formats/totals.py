"""What each benchmark publishes as its total, from the means of its sets.

A total is given only where every measure that it needs was judged: OmniDocBench's Overall needs
CDM, which is not, so there are its parts and no Overall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shuowen.evals.formats.cc_ocr import NUM_DATA_SETS
from shuowen.evals.formats.olmocr_bench import BASELINE


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A judge's mean over a set, 0 to 1, and the sum of weights that it is over."""

    value: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class SetMeans:
    """A set's means by the name of the judge; judges that scored nothing are not in it."""

    name: str
    means: Mapping[str, Mean]


@dataclass(frozen=True, kw_only=True)
class Total:
    """One published figure: `value` of `out_of`; 1 of 1 is best unless `is_loss`."""

    name: str
    value: float
    out_of: float = 1.0
    is_loss: bool = False
    note: str = ""
    """What is not in it, if anything."""


def ocrbench(sets: Sequence[SetMeans]) -> list[Total]:
    """Questions answered rightly, of 1,000 when all were asked."""
    found = _pooled(sets, "right")
    if not found.weight:
        return []
    return [Total(name="OCRBench", value=found.value * found.weight, out_of=found.weight)]


def docvqa(sets: Sequence[SetMeans]) -> list[Total]:
    """ANLS over all questions."""
    return _pooled_totals(sets, ("ANLS",))


def pubtabnet(sets: Sequence[SetMeans]) -> list[Total]:
    """TEDS and TEDS-S over simple and complex tables together."""
    return _pooled_totals(sets, ("published TEDS", "published TEDS-S"))


def omnidocbench(sets: Sequence[SetMeans]) -> list[Total]:
    """The columns of the table of v1.5, over all pages; edit distances as they are published."""
    names = {"text": "text edit", "formula edit": "formula edit", "reading order": "order edit"}
    edits = [
        Total(name=names[judge], value=1 - found.value, is_loss=True)
        for judge in names
        if (found := _pooled(sets, judge)).weight
    ]
    return [*edits, *_pooled_totals(sets, ("table TEDS", "table TEDS-S"))]


def cc_ocr(sets: Sequence[SetMeans]) -> list[Total]:
    """The mean over the data sets of each track, and over the tracks when all four are there."""
    tracks = {
        track: [_only(each).value for each in sets if each.name.startswith(track) and each.means]
        for track in NUM_DATA_SETS
    }
    totals = [
        Total(name=track, value=sum(values) / len(values), note=_how_many(track, len(values)))
        for track, values in tracks.items()
        if values
    ]
    if len(totals) == len(NUM_DATA_SETS):
        mean = sum(each.value for each in totals) / len(totals)
        note = "of tracks in part" if any(each.note for each in totals) else ""
        totals.append(Total(name="CC-OCR", value=mean, note=note))
    return totals


def _how_many(track: str, num: int) -> str:
    full = NUM_DATA_SETS[track]
    return f"{num} of {full} data sets" if num < full else ""


def olmocr_bench(sets: Sequence[SetMeans]) -> list[Total]:
    """The mean over the lists of checks, with the baseline checks of all lists as one more."""
    groups = {each.name: each.means["tests"].value for each in sets if "tests" in each.means}
    baseline = _pooled(sets, BASELINE)
    if baseline.weight:
        groups[BASELINE] = baseline.value
    missing = [each.name for each in sets if "tests" not in each.means]
    note = f"without {', '.join(missing)} (not judged)" if missing else ""
    if not groups:
        return []
    return [Total(name="olmOCR-bench", value=sum(groups.values()) / len(groups), note=note)]


TOTALS: Mapping[str, Callable[[Sequence[SetMeans]], list[Total]]] = {
    "omnidocbench": omnidocbench,
    "ocrbench": ocrbench,
    "docvqa": docvqa,
    "cc-ocr": cc_ocr,
    "olmocr-bench": olmocr_bench,
    "pubtabnet": pubtabnet,
}
"""By the names of `formats.FORMATS`."""


def _pooled(sets: Sequence[SetMeans], judge: str) -> Mean:
    means = [each.means[judge] for each in sets if judge in each.means]
    weight = sum(mean.weight for mean in means)
    total = sum(mean.value * mean.weight for mean in means)
    return Mean(value=total / weight if weight else 0.0, weight=weight)


def _pooled_totals(sets: Sequence[SetMeans], judges: Sequence[str]) -> list[Total]:
    found = {judge: _pooled(sets, judge) for judge in judges}
    return [Total(name=name, value=mean.value) for name, mean in found.items() if mean.weight]


def _only(each: SetMeans) -> Mean:
    return next(iter(each.means.values()))
