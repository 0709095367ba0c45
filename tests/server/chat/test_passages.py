"""Passages that share words with a question."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.chat.context import text_document
from shuowen.server.chat.passages import MOST_PASSAGES, Passage, best_passages, passages_of
from tests.server.chat.key_values.laid_out import document, region, table

LINES = [
    "The library has twelve thousand books.",
    "Copies of single pages cost 0.50 yuan each.",
    "The library is open from Tuesday to Sunday.",
    "本社区图书室现有藏书一万二千余册。",
    "对借阅较多的215册书做了扫描，共得图像61,480页。",
    "青石巷社区图书室",
]
PASSAGES = [Passage(text, 0, 1) for text in LINES]


def best(question: str) -> list[str]:
    return [passage.text for passage in best_passages(PASSAGES, question)]


def test_the_passage_with_the_rarest_shared_words_comes_first() -> None:
    assert best("How much does a copy of a page cost in the library?")[0] == LINES[1]
    assert best("When is it open?") == [LINES[2]]


def test_chinese_is_compared_by_pairs_of_characters() -> None:
    assert best("扫描了多少册书？")[0] == LINES[4]
    assert best("藏书有多少") == [LINES[3]]


def test_common_words_alone_are_no_reason() -> None:
    assert best("What is the of and?") == []
    assert best("是什么？") == []
    assert best("Who is Ms Zhang?") == []
    assert best("") == []


def test_equal_passages_are_quoted_once_and_not_too_many() -> None:
    many = [Passage(f"fee number {number}", 0, 1) for number in range(20)]
    assert len(best_passages([*many, *many], "Which fee?")) == MOST_PASSAGES
    assert len(best_passages([many[3]] * 9, "fee number 3")) == 1


def test_passages_are_paragraphs_and_rows_of_tables_word_for_word() -> None:
    made = document(
        region([("TOTAL: 62.80", 0, 0), ("Next", 0, 30)]), table([["a", "b"], ["c", ""]])
    )
    texts = [passage.text for passage in passages_of([made])]
    assert texts == ["TOTAL: 62.80", "Next", "a | b", "c"]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentences = [f"Sentence {number} costs 62.80 and ends." for number in range(60)]
    texts = [each.text for each in passages_of([text_document("t", " ".join(sentences))])]
    assert 3 < len(texts) < 10
    assert " ".join(texts) == " ".join(sentences)
    assert all(text.endswith("ends.") for text in texts)


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=8), st.text())
def test_quotes_are_passages(lines: list[str], question: str) -> None:
    passages = [Passage(line, 0, 1) for line in lines]
    assert set(best_passages(passages, question)) <= set(passages)


def test_a_question_may_be_long() -> None:
    question = " ".join(f"word{number}" for number in range(50_000)) + " Tuesday"
    started = time.process_time()
    assert best_passages(PASSAGES * 200, question)[0].text == LINES[2]
    assert time.process_time() - started < 3


def test_rows_speak_for_their_headings_and_amounts_want_numbers() -> None:
    rows = table([["日期", "借出册数", "修补册数"], ["一月", "1,204", "35"]])
    made = document(region([("修补工作由志愿者完成，每册登记。", 0, 0)]), rows)
    found = best_passages(passages_of([made]), "修补了多少册？")
    assert [(each.text, each.heads) for each in found][0] == (
        "一月 | 1,204 | 35",
        "日期 | 借出册数 | 修补册数",
    )
    assert all(each.text != found[0].heads for each in found)
    text = text_document("t", "| 日期 | 修补 |\n|---|---|\n| 一月 | 35 |")
    assert best_passages(passages_of([text]), "修补多少？")[0].text == "一月 | 35"


def test_short_numbers_alone_are_no_reason() -> None:
    passages = [Passage("3 books in the shop", 0, 1), Passage("Item 3: tea", 0, 1)]
    assert best_passages(passages, "in 3") == []
    assert best_passages(passages, "What is item 3?") == [passages[1]]
