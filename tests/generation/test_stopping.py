"""Stop texts against a search of the whole text, however it is cut into pieces."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.stopping import StopTexts

TEXTS = st.text("abc", max_size=40)
STOPS = st.lists(st.text("abc", min_size=1, max_size=5), max_size=4)
CUTS = st.lists(st.integers(0, 5), max_size=40)


def pieces(text: str, sizes: list[int]) -> list[str]:
    cut, start = [], 0
    for size in sizes:
        cut.append(text[start : start + size])
        start += size
    return [*cut, text[start:]]


def first_complete(text: str, stops: list[str]) -> tuple[str, bool]:
    """The text before the stop text that is complete first, found letter by letter."""
    for end in range(1, len(text) + 1):
        ending = [stop for stop in stops if text[:end].endswith(stop)]
        if ending:
            return text[: end - max(map(len, ending))], True
    return text, False


def say(texts: list[str], stops: list[str]) -> tuple[str, bool]:
    watcher, said = StopTexts(stops), ""
    for text in texts:
        safe, is_stopped = watcher.push(text)
        said += safe
        if is_stopped:
            return said, True
    return said + watcher.flush(), False


@given(TEXTS, STOPS, CUTS)
def test_it_stops_where_a_stop_text_is_first_complete(
    text: str, stops: list[str], cuts: list[int]
) -> None:
    assert say(pieces(text, cuts), stops) == first_complete(text, stops)


@given(TEXTS, st.text("abc", min_size=1, max_size=5), CUTS)
def test_one_stop_text_is_found_where_a_search_finds_it(
    text: str, stop: str, cuts: list[int]
) -> None:
    said, is_stopped = say(pieces(text, cuts), [stop])
    assert is_stopped == (stop in text)
    assert said == text.partition(stop)[0]


@given(TEXTS, STOPS, CUTS)
def test_no_more_is_held_back_than_may_begin_a_stop_text(
    text: str, stops: list[str], cuts: list[int]
) -> None:
    watcher, said, seen = StopTexts(stops), "", ""
    for piece in pieces(text, cuts):
        safe, is_stopped = watcher.push(piece)
        if is_stopped:
            return
        said, seen = said + safe, seen + piece
        held = seen[len(said) :]
        assert seen == said + held
        assert not held or any(stop.startswith(held) for stop in stops)


def test_a_stop_text_over_three_pieces_is_never_shown() -> None:
    watcher = StopTexts(["###\n"])
    assert watcher.push("Total #") == ("Total ", False)
    assert watcher.push("#") == ("", False)
    assert watcher.push("#\nmore") == ("", True)
    assert watcher.push("more") == ("", True)
    assert watcher.flush() == ""


def test_of_stop_texts_that_end_together_the_longest_counts() -> None:
    assert StopTexts(["b", "ab", "xb"]).push("xxab") == ("xx", True)
    assert StopTexts(["abcd", "bc"]).push("abcd") == ("a", True)


def test_text_that_only_seemed_to_begin_a_stop_text_is_given_after_all() -> None:
    watcher = StopTexts(["###"])
    assert watcher.push("a##") == ("a", False)
    assert watcher.push("b#") == ("##b", False)
    assert watcher.flush() == "#"


def test_time_grows_with_the_text_alone() -> None:
    watcher = StopTexts(["a" * 5000 + "b", "a" * 4999 + "c"])
    start = time.process_time()
    for _ in range(200):
        watcher.push("a" * 500)
    assert time.process_time() - start < 5
