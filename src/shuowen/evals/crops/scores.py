"""How well crops were read: characters, whole lines, and which characters were taken for others.

Texts are compared as everywhere here (`evals/normalise.py`): NFKC, typographic and full-width
punctuation as ASCII, no white space. A set's error rate is all its errors over all its characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.intervals import Estimate, PairedEstimate, Part, estimate, estimate_pair
from shuowen.evals.normalise import normalise_text
from shuowen.evals.text_scores import edit_distance

ALL = "all"
NOTHING = ""
"""Stands for the character that is not there in a `Confusion`."""


@dataclass(frozen=True, kw_only=True)
class CropScore:
    """What one reading, or the mean of several, adds to the scores.

    Attributes:
        group, labels: The crop's.
        num_errors: Insertions, deletions and substitutions, at most `num_truth`.
        num_truth: Characters of the truth.
        exact: 1 where all is right, else 0; between them for a mean.
    """

    group: str
    labels: tuple[str, ...]
    num_errors: float
    num_truth: int
    exact: float


@dataclass(frozen=True, kw_only=True)
class CropSummary:
    """Scores of many crops, with 95 % intervals.

    Attributes:
        num_crops: How many.
        cer: Character error rate, 0 to 1.
        exact: Share of crops that were read without any error.
    """

    num_crops: int
    cer: Estimate
    exact: Estimate


@dataclass(frozen=True, kw_only=True)
class Improvement:
    """One system beside another on the same crops; differences are the first minus the second.

    Attributes:
        cer: Below 0 where the first is better.
        exact: Above 0 where the first is better.
    """

    cer: PairedEstimate
    exact: PairedEstimate


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """A character that was read as another, and how often; `NOTHING` for one too many or few."""

    truth: str
    read: str
    count: int


def score_reading(crop: EvalCrop, reading: str) -> CropScore:
    """Compare one reading with the truth.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
    """
    return mean_score(crop, (reading,))


def mean_score(crop: EvalCrop, readings: Sequence[str]) -> CropScore:
    """What is to be expected of a reading that is picked at random; no readings count as empty."""
    truth = normalise_text(crop.text)
    errors = []
    for reading in readings or ("",):
        num_edits = edit_distance(normalise_text(reading), truth)
        errors.append(min(num_edits, len(truth)) if truth else num_edits)
    return CropScore(
        group=crop.group,
        labels=crop.labels,
        num_errors=sum(errors) / len(errors),
        num_truth=len(truth),
        exact=sum(each == 0 for each in errors) / len(errors),
    )


def score_readings(crops: Sequence[EvalCrop], readings: Sequence[str]) -> list[CropScore]:
    """Compare the reading of each crop with its truth."""
    return [score_reading(*pair) for pair in zip(crops, readings, strict=True)]


def summarise(scores: Sequence[CropScore]) -> Mapping[str, CropSummary]:
    """Scores of all crops, under `ALL`, and of those with each label; nothing where none are."""
    labels = sorted({label for score in scores for label in score.labels})
    of_label = {label: [s for s in scores if label in s.labels] for label in labels}
    found = {name: _summary(each) for name, each in {ALL: list(scores), **of_label}.items()}
    return {name: summary for name, summary in found.items() if summary is not None}


def compare(scores: Sequence[CropScore], others: Sequence[CropScore]) -> Improvement | None:
    """`scores` beside `others`, which are of the same crops in the same order; None for no crops.

    Both are drawn alike (paired bootstrap over groups, `evals/intervals.py`), so that a difference
    is `is_beyond_chance` even where each interval alone is wide.
    """
    cer = estimate_pair(_cer_parts(scores), _cer_parts(others))
    exact = estimate_pair(_exact_parts(scores), _exact_parts(others))
    return None if cer is None or exact is None else Improvement(cer=cer, exact=exact)


def confusions(
    crops: Sequence[EvalCrop], readings: Sequence[str], at_most: int = 30
) -> list[Confusion]:
    """What was read for what, most often first.

    Args:
        crops, readings: As for `score_readings`.
        at_most: How many.
    """
    levenshtein = import_from_bench_extra("rapidfuzz.distance.Levenshtein")
    counts: Counter[tuple[str, str]] = Counter()
    for crop, reading in zip(crops, readings, strict=True):
        truth, read = normalise_text(crop.text), normalise_text(reading)
        for edit in levenshtein.editops(truth, read):
            wanted = NOTHING if edit.tag == "insert" else truth[edit.src_pos]
            got = NOTHING if edit.tag == "delete" else read[edit.dest_pos]
            counts[wanted, got] += 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Confusion(truth=t, read=r, count=count) for (t, r), count in ordered[:at_most]]


def _summary(scores: Sequence[CropScore]) -> CropSummary | None:
    cer, exact = estimate(_cer_parts(scores)), estimate(_exact_parts(scores))
    if cer is None or exact is None:
        return None
    return CropSummary(num_crops=len(scores), cer=cer, exact=exact)


def _cer_parts(scores: Sequence[CropScore]) -> list[Part]:
    return [
        Part(group=each.group, numerator=each.num_errors, denominator=each.num_truth)
        for each in scores
    ]


def _exact_parts(scores: Sequence[CropScore]) -> list[Part]:
    return [Part(group=each.group, numerator=each.exact, denominator=1) for each in scores]
