from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.judges.near_matches import near_match_starts
from shuowen.evals.text_scores import edit_distance

TEXTS = st.text(alphabet="ab", max_size=8)


def test_exact_places() -> None:
    assert near_match_starts("ab", "xxabxab", 0) == [2, 5]
    assert near_match_starts("ab", "xx", 0) == []


def test_of_neighbouring_places_the_best() -> None:
    assert near_match_starts("hello", "say hallo there", 1) == [4]


@given(TEXTS.filter(bool), TEXTS, st.integers(0, 2))
def test_places_are_those_of_all_stretches_near_enough(
    wanted: str, text: str, max_diffs: int
) -> None:
    near = {
        start
        for start in range(len(text) + 1)
        for end in range(start, len(text) + 1)
        if edit_distance(text[start:end], wanted) <= max_diffs
    }
    found = near_match_starts(wanted, text, max_diffs)
    assert set(found) <= near
    assert bool(found) == bool(near)
    # One for each run of neighbouring places.
    assert len(found) == sum(start - 1 not in near for start in near)
