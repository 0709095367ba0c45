import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import UsageError
from shuowen.source.ranges import parse_ranges


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("  ", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("1", [0]),
        ("1,5-10,3-3", [0, 2, 4, 5, 6, 7]),
        ("7-", [6, 7]),
        ("-3", [0, 1, 2]),
        (" 2 , 4 - 5 ", [1, 3, 4]),
        ("5,2,5,2-2", [1, 4]),
        ("8-999", [7]),
        ("2,999", [1]),
        ("１－３，５", [0, 1, 2, 4]),
    ],
)
def test_ranges_select_these_pages_of_eight(text: str, indices: list[int]) -> None:
    assert parse_ranges(text, 8) == indices


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "1,,2",
        "1,",
        ",",
        "-",
        "1-2-3",
        "1 2",
        "1.5",
        "0",
        "0-3",
        "-0",
        "5-3",
        "--3",
        "9",
        "9-12",
    ]
    + ["9-", "1" * 5000, "1;2", "+1", "all"],
)
def test_malformed_or_empty_selections_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ranges(text, 8)
    assert caught.value.hint


def test_a_document_without_pages() -> None:
    assert parse_ranges("", 0) == []
    with pytest.raises(UsageError, match="has 0"):
        parse_ranges("1-", 0)


ranges = st.tuples(st.integers(1, 60), st.integers(0, 60)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(ranges, min_size=1, max_size=6), st.integers(1, 50))
def test_the_selection_is_the_union_of_the_ranges(pairs: list[tuple[int, int]], pages: int) -> None:
    text = ",".join(f"{first}-{last}" if last > first else str(first) for first, last in pairs)
    expected = [
        index for index in range(pages) if any(first <= index + 1 <= last for first, last in pairs)
    ]
    if expected:
        assert parse_ranges(text, pages) == expected
    else:
        with pytest.raises(UsageError):
            parse_ranges(text, pages)


@given(st.text(max_size=20), st.integers(0, 50))
def test_any_text_gives_existing_pages_or_a_usage_error(text: str, pages: int) -> None:
    try:
        chosen = parse_ranges(text, pages)
    except UsageError:
        return
    assert chosen == sorted(set(chosen))
    assert all(0 <= index < pages for index in chosen)


@given(st.integers(1, 50))
def test_writing_a_selection_out_and_reading_it_back_changes_nothing(pages: int) -> None:
    every_third = list(range(0, pages, 3))
    text = ",".join(str(index + 1) for index in reversed(every_third))
    assert parse_ranges(text, pages) == every_third
