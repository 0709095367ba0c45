import pytest

from shuowen.evals.judges.block_matching import Match, match_blocks, window_cost


def matched(truths: list[str], read: list[str]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(match.truths, match.read) for match in match_blocks(truths, read)]


FIRST = "thequickbrownfoxjumps"
SECOND = "overthelazydogandsleeps"


def test_blocks_find_each_other_whatever_their_order() -> None:
    assert matched([FIRST, SECOND], [SECOND, FIRST]) == [((0,), (1,)), ((1,), (0,))]


def test_a_paragraph_read_in_pieces_is_joined() -> None:
    assert matched([FIRST], [FIRST[:10], FIRST[10:]]) == [((0,), (0, 1))]


def test_paragraphs_read_as_one_share_it() -> None:
    assert matched([FIRST, SECOND], [FIRST + SECOND]) == [((0, 1), (0,))]


def test_pieces_of_another_block_are_not_joined() -> None:
    assert matched([FIRST, SECOND], [FIRST[:10], FIRST[10:], SECOND]) == [
        ((0,), (0, 1)),
        ((1,), (2,)),
    ]


def test_what_is_left_is_paired_however_unlike() -> None:
    assert matched(["abcdef"], ["uvwxyz"]) == [((0,), (0,))]


def test_more_truths_than_pieces_leaves_some_without() -> None:
    assert match_blocks(["aaaa", "bbbb"], ["bbbb"]) == [
        Match(truths=(0,), read=()),
        Match(truths=(1,), read=(0,)),
    ]


def test_extra_pieces_are_in_no_match() -> None:
    assert matched([FIRST], ["0123456789", FIRST]) == [((0,), (1,))]


def test_nothing_on_either_side() -> None:
    assert matched([], ["a"]) == []
    assert matched(["a"], []) == [((0,), ())]


def test_the_window_is_the_likest_stretch() -> None:
    assert window_cost("abxd", "zzabcdzz", 0.6) == pytest.approx(1 / 4)
    assert window_cost("abcd", "abc", 0.6) == 1
    assert window_cost("abcd", "wxyzwxyz", 0.6) == 1
