from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page, PageError, SourceInfo
from shuowen.errors import OutputError
from shuowen.reading.journal import Journal, SourceRecord, journal_path
from tests.document.strategies import pages

INFO = SourceInfo(name="a.pdf", media_type="application/pdf", num_bytes=1, sha256="ab")
SOURCE = SourceRecord(info=INFO, num_pages=9)


def page(number: int, *, failed: bool = False) -> Page:
    error = PageError(code="input", message="Broken.") if failed else None
    return Page(page_number=number, status="failed" if failed else "ok", error=error)


def kept(path: Path, *to_keep: Page) -> None:
    with Journal(path) as journal:
        journal.begin(SOURCE)
        for each in to_keep:
            journal.add(each)


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "a.jsonl"
    kept(path, page(3), page(1))
    journal = Journal(path)
    assert journal.source == SOURCE
    assert journal.finished() == {0, 2}
    assert journal.page(2) == page(3)


@given(st.lists(pages(), max_size=4, unique_by=lambda each: each.page_number))
def test_every_page_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory, some: list[Page]
) -> None:
    path = tmp_path_factory.mktemp("kept") / "a.jsonl"
    with Journal(path) as journal:
        journal.begin(SOURCE)
        for each in some:
            journal.add(each)
            assert journal.page(each.page_number - 1) == each
    assert [Journal(path).page(each.page_number - 1) for each in some] == some


def test_a_failed_page_is_read_again_and_then_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    kept(path, page(1, failed=True), page(2))
    assert Journal(path).finished() == {1}
    assert Journal(path).page(0).status == "failed"
    kept(path, page(1))
    assert Journal(path).finished() == {0, 1}
    assert Journal(path).page(0) == page(1)


@given(st.integers(min_value=0))
def test_a_file_cut_anywhere_loses_the_torn_page_alone(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("kept") / "a.jsonl"
    kept(path, page(1), page(2))
    whole = path.read_bytes()
    cut %= len(whole) + 1
    path.write_bytes(whole[:cut])
    num_whole_lines = whole[:cut].count(b"\n") + (whole[cut : cut + 1] == b"\n")
    assert len(Journal(path).finished()) == max(0, num_whole_lines - 1)
    kept(path, page(3))
    again = Journal(path)
    assert again.source == SOURCE
    assert len(again.finished()) == max(0, num_whole_lines - 1) + 1
    assert again.page(2) == page(3)


def test_lines_of_something_else_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"type": "unknown"}\n\xff\xfe\n[]\n')
    kept(path, page(1))
    assert Journal(path).finished() == {0}


def test_two_processes_may_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Journal(path) as one, Journal(path) as other:
        one.begin(SOURCE)
        other.begin(SOURCE)
        one.add(page(1))
        other.add(page(2))
        one.add(page(3))
        assert (one.page(0), one.page(2), other.page(1)) == (page(1), page(3), page(2))
    assert Journal(path).finished() == {0, 1, 2}


def test_forgetting(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    kept(path, page(1))
    journal = Journal(path)
    journal.discard()
    assert (journal.source, journal.finished(), path.exists()) == (None, set(), False)


def test_a_place_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot be kept"):
        Journal(tmp_path / "file" / "a.jsonl").begin(SOURCE)


def test_content_and_options_make_the_journal_but_pages_and_password_do_not() -> None:
    folder, plain, limits = Path("kept"), ReadOptions(), Limits()
    path = journal_path(folder, "ab", plain, limits)
    assert path.parent == folder
    assert path == journal_path(folder, "ab", ReadOptions(pages="2-", password="x"), limits)
    others = [ReadOptions(dpi=300), ReadOptions(effort="max"), ReadOptions(text_layer="never")]
    paths = {journal_path(folder, "ab", each, limits) for each in others}
    assert len(paths | {path, journal_path(folder, "cd", plain, limits)}) == 5


def test_the_limit_on_pixels_by_which_large_pages_are_drawn_coarser_makes_the_journal() -> None:
    paths = {
        journal_path(Path("kept"), "ab", ReadOptions(), limits)
        for limits in (Limits(), Limits(max_bytes=1), Limits(max_pixels=10**6))
    }
    assert len(paths) == 2


def test_who_only_reads_catches_up_with_who_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    reader = Journal(path)
    assert (reader.source, reader.statuses()) == (None, {})
    with Journal(path) as writer:
        writer.begin(SOURCE)
        writer.add(page(1))
        reader.catch_up()
        writer.add(page(2, failed=True))
        reader.catch_up()
    assert reader.source == SOURCE
    assert reader.statuses() == {0: "ok", 1: "failed"}
    assert (reader.page(0), reader.page(1)) == (page(1), page(2, failed=True))


def test_a_line_that_is_half_written_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    kept(path, page(1), page(2))
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        reader = Journal(path)
        path.write_bytes(whole)
        reader.catch_up()
        assert reader.statuses() == {0: "ok", 1: "ok"}
        assert reader.page(1) == page(2)
