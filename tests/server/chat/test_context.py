"""What Open WebUI puts into a prompt."""

from __future__ import annotations

import time

import pytest

from shuowen.server.chat.context import contexts_in, question_in, text_document
from shuowen.server.chat.key_values.extract import extract
from shuowen.server.chat.key_values.schema import read_schema
from shuowen.server.chat.passages import best_passages, passages_of
from tests.server.chat.questions import system, user

PROMPT = """### Task:
Answer with citations like [1] (e.g., <source id="1">).

<context>
<source id="1" name="a &amp; b.pdf" page="3">Total: 62.80
Nicole</source>
<source id="2">Second | text</source>
</context>
What is the total?"""


def test_sources_and_the_persons_own_words() -> None:
    found = contexts_in((user(PROMPT),))
    assert [(each.id, each.name) for each in found] == [("1", "a & b.pdf"), ("2", "")]
    assert [region.text for region in found[0].document.pages[0].regions] == [
        *("Total: 62.80", "Nicole"),
    ]
    assert question_in(PROMPT) == "What is the total?"


def test_a_context_may_stand_in_the_system_message() -> None:
    assert len(contexts_in((system(PROMPT), user("What is the total?")))) == 2
    assert contexts_in((user(PROMPT), user("And now?"))) == []
    assert contexts_in((user("Is <context> a tag?"),)) == []


def test_attached_files_are_no_words_of_the_persons() -> None:
    told = '<attached_files>\n<file type="file" name="a.png"/>\n</attached_files>\n\nRead it'
    assert question_in(told) == "Read it"


def test_a_text_can_be_searched_like_a_page() -> None:
    text = "# Receipt\n\n| Item | Amount |\n| --- | ---: |\n| Tea | 5.00 |\n\nTotal: 62.80"
    schema = {
        "properties": {
            "total": {"type": "number"},
            "items": {
                "type": "array",
                "items": {"properties": {"item": {"type": "string"}, "amount": {"type": "number"}}},
            },
        }
    }
    found = extract([text_document("t", text)], read_schema(schema))
    assert found.value == {"total": 62.8, "items": [{"item": "Tea", "amount": 5}]}


def test_many_attached_files_take_no_time() -> None:
    told = "<attached_files>a</attached_files>b" * 100_000
    started = time.process_time()
    assert question_in(told) == "b" * 100_000
    assert question_in("a<attached_files>b") == "a<attached_files>b"
    assert time.process_time() - started < 2


def test_many_labels_in_two_lines_take_no_time() -> None:
    document = text_document("t", "\u53d1\u7968\n" * 20_000)
    started = time.process_time()
    assert extract([document], read_schema({"properties": {"total": {}}})).value == {}
    assert time.process_time() - started < 10


@pytest.mark.parametrize("white", [" ", "\t", "|", "\u3000", "\r", "- ", ": ", " |", ". ", "# "])
def test_white_takes_no_time(white: str) -> None:
    text = f"x{white * 100_000}y"
    started = time.process_time()
    document = text_document("t", text)
    assert document.pages[0].regions[0].text.startswith("x")
    extract([document], read_schema({"properties": {"total": {"type": "number"}}}))
    assert best_passages(passages_of([document]), "y")
    assert time.process_time() - started < 5


def test_cells_are_apart_by_bars_and_tabs() -> None:
    region = text_document("t", "| a  b |\tc|| d\t\te |").pages[0].regions[0]
    assert [line.text for line in region.lines] == ["a b", "c", "d", "e"]
