from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.calibration_alignment import TAKEN, codes_of, locate, split_costs
from shuowen.evals.text_scores import edit_distance


def found(short: str, long: str) -> tuple[str, str, int]:
    """The stretch, the short text with a dot for what is wrong, and how much is missing."""
    placed = locate(codes_of(short), codes_of(long))
    marked = "".join(c if right else "." for c, right in zip(short, placed.are_right, strict=True))
    return long[placed.start : placed.end], marked, placed.num_missing


def test_a_text_is_found_where_it_stands() -> None:
    assert found("brown fox", "the quick brown fox jumps") == ("brown fox", "brown fox", 0)


def test_wrong_extra_and_missing_characters_are_told_apart() -> None:
    assert found("bxown", "the brown fox") == ("brown", "b.own", 0)
    assert found("brzown", "the brown fox") == ("brown", "br.own", 0)
    assert found("brwn", "the brown fox") == ("brown", "brwn", 1)


def test_what_differs_from_end_to_end_is_found_nowhere() -> None:
    assert found("xyz", "abc")[1] == "..."
    assert found("xyz", "")[1:] == ("...", 0)
    assert found("", "abc") == ("", "", 0)


def test_what_is_taken_equals_nothing() -> None:
    long = codes_of("one two one")
    long[:3] = TAKEN
    assert locate(codes_of("one"), long).start == 8


@given(st.text("ab", max_size=8), st.text("abc", max_size=12))
def test_no_other_stretch_differs_less(short: str, long: str) -> None:
    placed = locate(codes_of(short), codes_of(long))
    stretches = {long[a:b] for a in range(len(long) + 1) for b in range(a, len(long) + 1)}
    least = min(edit_distance(short, stretch) for stretch in stretches)
    stretch = long[placed.start : placed.end]
    assert edit_distance(short, stretch) == least
    # Right characters stand in the stretch in this order.
    letters = iter(stretch)
    rights = [c for c, right in zip(short, placed.are_right, strict=True) if right]
    assert all(letter in letters for letter in rights)
    assert placed.num_missing <= len(stretch) - placed.num_right


def test_the_cost_of_a_cut_is_that_of_both_parts() -> None:
    short, long = codes_of("abxcd"), codes_of("cd..ab")
    assert split_costs(short, long).tolist() == [3, 2, 1, 1, 2, 3]


@given(st.text("ab", max_size=7), st.text("abc", max_size=10))
def test_a_cut_costs_as_much_as_locating_both(short: str, long: str) -> None:
    costs = split_costs(codes_of(short), codes_of(long)).tolist()
    for cut, cost in enumerate(costs):
        parts = [locate(codes_of(part), codes_of(long)) for part in (short[:cut], short[cut:])]
        assert cost == sum(part.cost for part in parts)
