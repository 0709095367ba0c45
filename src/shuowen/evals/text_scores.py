"""How much of a text was read right: with its order (CER) and without it (lost, F1).

Scores are counts, so that the scores of many items add up: a set's character error rate is all
its errors over all its characters, not a mean in which a short line weighs as much as a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.normalise import normalise_text


@dataclass(frozen=True, kw_only=True)
class TextScore:
    """Counts of normalised characters, of one item or of many."""

    num_errors: int
    """Insertions, deletions and substitutions; for one item at most `num_truth`."""
    num_truth: int
    num_read: int
    num_common: int
    """Size of the multiset intersection: characters read, wherever they stand."""
    num_edits: int
    """The edit distance itself, which `num_errors` caps."""

    @property
    def cer(self) -> float:
        """Character error rate, 0 to 1; 0 when there was nothing to read."""
        return self.num_errors / self.num_truth if self.num_truth else 0.0

    @property
    def lost(self) -> float:
        """Share of the truth's characters that was not read anywhere, 0 to 1 (1 - recall)."""
        return 1 - self.num_common / self.num_truth if self.num_truth else 0.0

    @property
    def normalised_distance(self) -> float:
        """Edit distance over the longer of both texts, 0 to 1; 0 for two empty ones.

        Source: Ouyang et al., "OmniDocBench", CVPR 2025 (arXiv 2412.07626), normalised edit
        distance; averaged there, and in our reports, over items.
        """
        longer = max(self.num_read, self.num_truth)
        return self.num_edits / longer if longer else 0.0

    @property
    def f1(self) -> float:
        """Order-free character F1, 0 to 1: 2 |common| / (|read| + |truth|); 1 for two empties."""
        total = self.num_read + self.num_truth
        return 2 * self.num_common / total if total else 1.0


def score_text(read: str, truth: str, *, fold_case: bool = False) -> TextScore:
    """Compares what was read with the truth, both normalised (`evals/normalise.py`).

    Raises:
        MissingExtraError: The extra `bench` is not installed.
    """
    read = normalise_text(read, fold_case=fold_case)
    truth = normalise_text(truth, fold_case=fold_case)
    num_edits = edit_distance(read, truth)
    return TextScore(
        num_errors=min(num_edits, len(truth)),
        num_truth=len(truth),
        num_read=len(read),
        num_common=(Counter(read) & Counter(truth)).total(),
        num_edits=num_edits,
    )


def pool_text_scores(scores: Iterable[TextScore]) -> TextScore:
    """The score of many items as one: the sum of their counts."""
    scores = list(scores)
    return TextScore(
        num_errors=sum(score.num_errors for score in scores),
        num_truth=sum(score.num_truth for score in scores),
        num_read=sum(score.num_read for score in scores),
        num_common=sum(score.num_common for score in scores),
        num_edits=sum(score.num_edits for score in scores),
    )


def edit_distance(first: str, second: str) -> int:
    """Levenshtein's distance: fewest insertions, deletions and substitutions of a character.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
    """
    levenshtein = import_from_bench_extra("rapidfuzz.distance.Levenshtein")
    return int(levenshtein.distance(first, second))
