"""Doubtful words and crossed-out writing in Markdown, as a Markdown parser sees them."""

from __future__ import annotations

import re

from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shuowen.document.model import Region, RegionKind
from shuowen.writers.markdown import write
from tests.writers.doubtful import (
    crossed_out_region,
    doubtful_region,
    doubtful_regions,
    doubtful_table,
    without_doubt,
)
from tests.writers.sample import document_of, page_of

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
DOUBTS = {"two": 0.43, "three": 0.07}
MARK = re.compile(r'<mark title="0\.\d\d">|</mark>')


def markdown(*regions: Region) -> str:
    return write(document_of(page_of(*regions))).decode()


def inline(token: Token) -> str:
    """What an inline token shows, in which tags can only be marks."""
    pieces = []
    for child in token.children or []:
        if child.type == "html_inline":
            assert MARK.fullmatch(child.content)
        else:
            assert child.type in {"text", "softbreak", "hardbreak"}
        pieces.append(child.content or "\n")
    return "".join(pieces)


def rendered(text: str) -> tuple[list[str], list[str]]:
    """Block types, and what each block shows."""
    tokens = PARSER.parse(text)
    shown = [inline(token) for token in tokens if token.type == "inline"]
    shown += [token.content for token in tokens if token.type == "html_block"]
    return [token.type for token in tokens], shown


def words(texts: list[str]) -> list[str]:
    return [" ".join(MARK.sub("", text).split()) for text in texts]


def test_doubtful_words_stand_in_marks() -> None:
    region = doubtful_region("one two three\nfour two", DOUBTS)
    assert markdown(region) == (
        'one <mark title="0.07">two three</mark>  \nfour <mark title="0.43">two</mark>\n'
    )
    assert markdown(without_doubt(region)) == "one two three  \nfour two\n"


def test_titles_lists_and_tables_have_marks_too() -> None:
    two = '<mark title="0.43">two</mark>'
    assert markdown(doubtful_region("one two", DOUBTS, "title")) == f"## one {two}\n"
    assert markdown(doubtful_region("1. two\n2. one", DOUBTS, "list")) == f"1. {two}\n2. one\n"
    assert markdown(doubtful_region("1. one", {"1.": 0.2}, "list")) == "1. one\n"
    table = doubtful_table(["one", "two"], ["a|b", "three"], doubts=DOUBTS)
    assert markdown(table) == (
        f'| one | {two} |\n| --- | --- |\n| a\\|b | <mark title="0.07">three</mark> |\n'
    )
    broken = doubtful_table(["one\ntwo", "two"], doubts=DOUBTS)
    assert f"<td>one<br>{two}</td><td>{two}</td>" in markdown(broken)


def test_what_looks_like_markup_is_text_within_marks_too() -> None:
    hostile = ["<script>", "a|b", "`x`", "*y*", "\\", "[f](g)", "&lt;", "_z_", "#", "1.", "</mark>"]
    for word in hostile:
        (shown,) = rendered(markdown(doubtful_region(f"{word} end", {word: 0.3})))[1]
        assert shown == f'<mark title="0.30">{word}</mark> end'
        (shown,) = rendered(markdown(doubtful_region(word, {word: 0.3})))[1]
        assert shown == f'<mark title="0.30">{word}</mark>'
        cells = rendered(markdown(doubtful_table([word, "end"], doubts={word: 0.3})))[1]
        assert cells == [f'<mark title="0.30">{word}</mark>', "end"]


@given(doubtful_regions())
@settings(deadline=None, max_examples=300)
def test_marks_change_nothing_that_is_shown(region: Region) -> None:
    blocks, shown = rendered(markdown(region))
    plain_blocks, plain = rendered(markdown(without_doubt(region)))
    assert (blocks, words(shown)) == (plain_blocks, words(plain))
    for text in shown:
        marks = MARK.findall(text)
        assert len(marks) % 2 == 0
        assert all(mark == "</mark>" for mark in marks[1::2])


def test_crossed_out_writing_follows_its_paragraph() -> None:
    region = crossed_out_region("kept", "old  words", "")
    assert markdown(region) == "kept\n\n~~old words~~ ~~…~~\n"
    second = doubtful_region("next", {})
    assert markdown(region, second) == "kept\n\n~~old words~~ ~~…~~\n\nnext\n"
    assert markdown(crossed_out_region("7", "8", kind="page_number")) == ""


def test_crossed_out_markup_is_text() -> None:
    kinds: list[RegionKind] = ["text", "list", "title"]
    for kind in kinds:
        for struck in ("a~b", "~~", "*", "<b>", "`", "\\", "a]("):
            text = markdown(crossed_out_region("kept", struck, struck, kind=kind))
            last = [token for token in PARSER.parse(text) if token.type == "inline"][-1]
            children = last.children or []
            assert [
                child.content for child in children if child.type == "text" and child.content
            ] == [struck, " ", struck]
            assert [child.type for child in children if child.type != "text"] == [
                "s_open",
                "s_close",
            ] * 2
