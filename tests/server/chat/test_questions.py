"""What counts as a question beside a picture."""

from __future__ import annotations

import pytest

from shuowen.server.chat.questions import Question, question_beside


@pytest.mark.parametrize(
    "wish",
    [
        "",
        "Read this page",
        "OCR this",
        "转写",
        "extract the text/table as Markdown",
        "Can you read this?",
        "What does this page say?",
        "这张图片里写了什么？",
        "Table Recognition:",
        "Summarise it in 3 sentences",
        "Convert to HTML with totals. Dates stay. When a date is unclear, leave it out.",
    ],
)
def test_a_wish_for_the_text_is_no_question(wish: str) -> None:
    assert question_beside(wish) is None


@pytest.mark.parametrize(
    "asked",
    [
        "What is the total?",
        "合计是多少？",
        "what's the date",
        "修补了多少册",
        "Find the opening hours in the document",
        "在文档中查找开放时间。",
        "Who is the manager?",
    ],
)
def test_a_question_is_one_by_its_mark_or_its_words(asked: str) -> None:
    assert question_beside(asked) == Question(asked, is_asked=True)


def test_only_the_asking_sentences_count() -> None:
    assert question_beside("Read this. What is the total?") == Question("What is the total?", True)
    assert question_beside("invoice number") == Question("invoice number", is_asked=False)
