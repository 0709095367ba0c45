"""Whether what was read stands in the right order, apart from whether it was read right.

The measure is that of OmniDocBench (Ouyang et al., CVPR 2025, arXiv 2412.07626): the edit distance
between the order in which blocks were read and their true order, over the number of blocks. There
the blocks are matched one to one; here the truth's lines are looked for in the whole reading,
because readers break lines and paragraphs where they like:

- a block is a line of the truth with at least `MIN_LENGTH` characters after normalisation; shorter
  ones, such as page numbers, are found anywhere by chance;
- longest first, each block is matched with the stretch of the reading that is most like it, which
  then is taken; below `MIN_SIMILARITY` the block counts as unmatched;
- matched blocks are put in the order in which the reading has them. Unmatched ones are in neither
  order: what was not read is measured by the characters lost, not here.

With fewer than two matched blocks there is no order to be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.evals.extra import import_from_bench_extra
from shuowen.evals.normalise import normalise_text

MIN_LENGTH = 4
MIN_SIMILARITY = 70.0
"""Per cent, as `rapidfuzz.fuzz.partial_ratio` counts; about every sixth character may be wrong."""

_TAKEN = "\ue000"  # of Unicode's private use: in no truth, so it matches nothing


@dataclass(frozen=True, kw_only=True)
class OrderScore:
    """The order of one item's matched blocks."""

    num_blocks: int
    num_matched: int
    num_edits: int
    """Insertions, deletions and substitutions that put the matched blocks in order."""

    @property
    def distance(self) -> float:
        """Edits over matched blocks, 0 (in order) to 1."""
        return self.num_edits / self.num_matched


def score_order(read: str, truth: str, *, fold_case: bool = False) -> OrderScore | None:
    """How far the truth's lines are out of order in what was read; None below two matched blocks.

    Raises:
        MissingExtraError: The extra `bench` is not installed.
    """
    lines = [normalise_text(line, fold_case=fold_case) for line in truth.split("\n")]
    blocks = [line for line in lines if len(line) >= MIN_LENGTH]
    places = _places(blocks, normalise_text(read, fold_case=fold_case))
    if len(places) < 2:
        return None
    in_true_order = sorted(places)
    as_read = sorted(places, key=places.__getitem__)
    levenshtein = import_from_bench_extra("rapidfuzz.distance.Levenshtein")
    return OrderScore(
        num_blocks=len(blocks),
        num_matched=len(places),
        num_edits=int(levenshtein.distance(as_read, in_true_order)),
    )


def _places(blocks: list[str], read: str) -> dict[int, int]:
    """Where in `read` each block stands, by its index; those that stand nowhere are left out."""
    fuzz = import_from_bench_extra("rapidfuzz.fuzz")
    places: dict[int, int] = {}
    for index in sorted(range(len(blocks)), key=lambda index: -len(blocks[index])):
        block = blocks[index]
        if len(block) > len(read):  # the shorter of the two would be looked for
            continue
        found = fuzz.partial_ratio_alignment(block, read, score_cutoff=MIN_SIMILARITY)
        if found is None:
            continue
        places[index] = found.dest_start
        taken = _TAKEN * (found.dest_end - found.dest_start)
        read = read[: found.dest_start] + taken + read[found.dest_end :]
    return places
