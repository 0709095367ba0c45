from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.evals.order_scores import MIN_LENGTH, OrderScore, score_order

LINES = ["one apple tree", "second garden wall", "the third river", "fourth of july", "five rings"]
TRUTH = "\n".join(LINES)


def distance(*order: int) -> float:
    score = score_order("\n".join(LINES[index] for index in order), TRUTH)
    assert score is not None
    return score.distance


def test_lines_in_order_cost_nothing() -> None:
    assert distance(0, 1, 2, 3, 4) == 0


def test_orders_worked_out_by_hand() -> None:
    # 1 0 2 3 4 to 0 1 2 3 4: two substitutions (or one out, one in) of 5.
    assert distance(1, 0, 2, 3, 4) == 2 / 5
    # 4 goes to the end: one out, one in.
    assert distance(4, 0, 1, 2, 3) == 2 / 5
    # Backwards: only the middle stands.
    assert distance(4, 3, 2, 1, 0) == 4 / 5


def test_lines_that_were_not_read_are_in_neither_order() -> None:
    score = score_order("\n".join([LINES[3], LINES[0], "something else entirely"]), TRUTH)
    assert score == OrderScore(num_blocks=5, num_matched=2, num_edits=2)


def test_how_lines_are_broken_does_not_count() -> None:
    joined = "one apple tree second\ngarden wall the third river\n\nfourth of\njuly five rings"
    score = score_order(joined, TRUTH)
    assert score == OrderScore(num_blocks=5, num_matched=5, num_edits=0)


def test_two_columns_read_across_are_out_of_order() -> None:
    left, right = ["alpha bravo", "charlie delta"], ["echo foxtrot", "golf hotel"]
    truth = "\n".join(left + right)
    across = "alpha bravo echo foxtrot\ncharlie delta golf hotel"
    score = score_order(across, truth)
    assert score is not None
    assert (score.num_matched, score.num_edits) == (4, 2)


def test_misread_lines_are_found_and_very_badly_read_ones_are_not() -> None:
    read = ["0ne appIe tree", "sec0nd gard3n wall", "xxx xxxxx xxxxx"]
    score = score_order("\n".join(read), "\n".join(LINES[:3]))
    assert score == OrderScore(num_blocks=3, num_matched=2, num_edits=0)


def test_equal_lines_are_matched_with_one_place_each() -> None:
    truth = "sub total\nfirst item\nsub total\nsecond item"
    score = score_order(truth, truth)
    assert score == OrderScore(num_blocks=4, num_matched=4, num_edits=0)


def test_short_lines_are_no_blocks() -> None:
    assert MIN_LENGTH == 4
    score = score_order(
        "12\nfirst line\nsecond line\nabc", "first line\n12\nsecond line\n1 2 3\nabc"
    )
    assert score == OrderScore(num_blocks=2, num_matched=2, num_edits=0)


def test_without_two_matched_lines_there_is_no_order() -> None:
    assert score_order("one apple tree", "one apple tree") is None
    assert score_order("", TRUTH) is None
    assert score_order(TRUTH, "") is None


def test_case_counts_unless_it_is_folded() -> None:
    assert score_order(TRUTH.upper(), TRUTH, fold_case=True) == OrderScore(
        num_blocks=5, num_matched=5, num_edits=0
    )
    assert score_order(TRUTH.upper(), TRUTH) is None


@settings(deadline=None)
@given(st.permutations(range(len(LINES))))
def test_any_order_is_between_0_and_1_and_0_only_if_right(order: list[int]) -> None:
    assert 0 <= distance(*order) <= 1
    assert (distance(*order) == 0) == (order == sorted(order))
