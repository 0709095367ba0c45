"""The embedded reader as a chat model, with real pictures at a real desk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import openai
import pytest

from shuowen.config import Limits, ReadOptions
from shuowen.errors import FieldError, InputError
from shuowen.generation.params import Regex, SamplingParams
from shuowen.server.chat.model import (
    Began,
    ChatEvent,
    ChatQuestion,
    Counted,
    Ended,
    Progress,
    Said,
)
from shuowen.server.chat.reader_model import ReaderModel
from shuowen.server.desk import Desk, DeskEvent
from shuowen.source.model import Source
from shuowen.writers import markdown
from tests.made_files import pdf_with_text, png, scanned_pdf
from tests.server.chat.benches import data_url
from tests.server.chat.questions import assistant, file, question, user
from tests.server.conftest import RunningServer

RECEIPT = pdf_with_text("Total: 62.80", "Invoice No: 854150")
BLANK = png("", (200, 100))


class WatchedDesk(Desk):
    """A desk that tells what it was asked for and what was closed."""

    def __init__(self) -> None:
        super().__init__(num_threads=2)
        self.efforts: list[str] = []
        self.num_closed = 0
        self.num_pages = 0

    def read(self, *args: Any, **options: Any) -> Iterator[DeskEvent]:  # type: ignore[override]
        self.efforts.append(args[1].effort)
        try:
            with closing(super().read(*args, **options)) as events:
                for event in events:
                    self.num_pages += type(event).__name__ == "PageRead"
                    yield event
        finally:
            self.num_closed += 1


@pytest.fixture(scope="module")
def desk() -> Iterator[WatchedDesk]:
    made = WatchedDesk()
    yield made
    made.close(5)


@pytest.fixture(scope="module")
def model(desk: WatchedDesk) -> ReaderModel:
    return ReaderModel(desk, limits=Limits(), name="shuowen-embedded")


def said(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Said))


def extra_of(events: list[ChatEvent]) -> Any:
    last = events[-1]
    assert isinstance(last, Counted)
    return last.extra


def test_a_file_is_transcribed_as_the_markdown_writer_has_it(
    model: ReaderModel, desk: WatchedDesk
) -> None:
    data = pdf_with_text("First page", "Second page")
    events = list(model.answer(question(user("Read it", file(data, "a.pdf")))))
    read = desk.document(
        Source(name="a.pdf", data=data), ReadOptions(), Limits(), owner="x", max_pages=9
    )
    assert said(events) == markdown.write(read).decode()
    assert isinstance(events[0], Began)
    assert [event.done for event in events if isinstance(event, Progress)] == [1, 2]
    assert events[-2] == Ended(finish_reason="stop")
    counted = events[-1]
    assert isinstance(counted, Counted) and counted.prompt_tokens == 2
    assert counted.completion_tokens >= len("First pageSecond page") // 4


def test_regions_come_one_by_one(model: ReaderModel) -> None:
    events = model.answer(question(user(file(RECEIPT, "a.pdf"))))
    first = next(event for event in events if isinstance(event, Said))
    assert "62.80" in first.text and "854150" not in first.text
    events.close()  # type: ignore[attr-defined]


def test_several_files_in_order_each_with_its_name(model: ReaderModel) -> None:
    files = (file(pdf_with_text("One"), "a--b.pdf"), file(pdf_with_text("Two"), "c.pdf"))
    text = said(list(model.answer(question(user("Read", *files)))))
    assert text == "<!-- a- -b.pdf -->\n\nOne\n\n<!-- c.pdf -->\n\nTwo\n"


def test_a_page_and_a_file_that_cannot_be_read_cost_only_their_notes(model: ReaderModel) -> None:
    files = (
        file(pdf_with_text("One", None, "Three"), "a.pdf"),
        file(b"no picture", "b.png"),
        file(pdf_with_text("Two"), "c.pdf"),
    )
    text = said(list(model.answer(question(user("Read", *files)))))
    assert "One" in text and "Three" in text and "Two" in text
    assert "> Page 2 could not be read" in text
    assert "> b.png could not be read: " in text


def test_the_only_file_that_cannot_be_opened_is_an_error_before_anything_is_said(
    model: ReaderModel,
) -> None:
    with pytest.raises(InputError) as caught:
        next(iter(model.answer(question(user("Read", file(b"no picture", "b.png"))))))
    assert caught.value.param == "messages[0].b.png"


def test_a_picture_without_text_is_said_to_have_none(model: ReaderModel) -> None:
    english = said(list(model.answer(question(user("Describe the tiger", file(BLANK))))))
    assert english.startswith("Nothing to read was found in page.png.")
    assert "does not describe" in english
    chinese = said(list(model.answer(question(user("描述老虎", file(BLANK))))))
    assert chinese.startswith("在 page.png 中没有找到")


def test_who_asks_for_more_than_text_is_told_and_gets_the_text(model: ReaderModel) -> None:
    asked = user("Please translate this", file(png("HELLO"), "a.png"))
    text = said(list(model.answer(question(asked))))
    assert text.startswith("This reader transcribes; ") and text.endswith(":\n\nHELLO\n")


def test_a_chat_without_anything_to_read_gets_a_sentence(model: ReaderModel) -> None:
    events = list(model.answer(question(user("Hello!"))))
    assert "Attach a picture or a PDF" in said(events)
    assert "请在消息中附上图片" in said(list(model.answer(question(user("你好")))))
    assert [type(event) for event in events] == [Began, Said, Ended, Counted]


def test_a_question_about_an_earlier_picture_is_answered_with_label_and_quotes(
    model: ReaderModel,
) -> None:
    asked = question(
        user("Read", file(RECEIPT, "a.pdf")), assistant("…"), user("What is the total?")
    )
    text = said(list(model.answer(asked)))
    assert text.startswith("**Total**: 62.80 (a.pdf, page 1)\n\n")
    assert "> Total: 62.80 (a.pdf, page 1)" in text and "854150" not in text


def test_a_question_that_no_passage_fits(model: ReaderModel) -> None:
    asked = question(user(file(RECEIPT, "a.pdf")), assistant("…"), user("Who is Ms Zhang?"))
    assert said(list(model.answer(asked))).startswith("No passage of a.pdf shares words")


def test_documents_in_the_prompt_are_quoted_with_open_webuis_citations(model: ReaderModel) -> None:
    prompt = (
        '### Task:\n<context>\n<source id="3" name="a.pdf">Tea costs 5.\nCoffee is out.</source>\n'
        "</context>\nWhat does tea cost?"
    )
    text = said(list(model.answer(question(user(prompt)))))
    assert "> Tea costs 5. [3]" in text and "Coffee" not in text


SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number"}, "invoice_no": {"type": "string"}},
    "required": ["total", "invoice_no"],
}


def test_a_schema_is_filled_and_the_boxes_stand_beside_it(model: ReaderModel) -> None:
    asked = question(user("Fill in", file(RECEIPT, "a.pdf")), schema=SCHEMA)
    events = list(model.answer(asked))
    assert json.loads(said(events)) == {"total": 62.8, "invoice_no": "854150"}
    fields = {field["path"]: field for field in extra_of(events)["fields"]}
    assert fields["/invoice_no"]["page_number"] == 2
    assert fields["/total"]["text"] == "62.80" and len(fields["/total"]["box"]) == 4
    assert [event.done for event in events if isinstance(event, Progress)] == [0, 1, 2]


def test_a_schema_that_insists_on_what_is_not_there_is_refused_in_words(
    model: ReaderModel,
) -> None:
    strict = {**SCHEMA, "properties": {**SCHEMA["properties"], "iban": {"type": "string"}}}
    strict["required"] = ["total", "iban"]
    events = list(model.answer(question(user(file(RECEIPT, "a.pdf")), schema=strict)))
    assert said(events) == ""
    (refusal,) = [event.refusal for event in events if isinstance(event, Said)]
    assert "/iban" in refusal and "/total" not in refusal


def test_a_page_that_failed_is_told_beside_a_filled_schema(model: ReaderModel) -> None:
    data = pdf_with_text("Total: 62.80", None)
    schema = {"properties": {"total": {"type": "number"}}}
    events = list(model.answer(question(user(file(data, "a.pdf")), schema=schema)))
    counted = events[-1]
    assert isinstance(counted, Counted)
    (notice,) = counted.notices
    assert notice.startswith("a.pdf: Page 2 could not be read: ")


def test_any_object_holds_all_labels_or_else_the_text(model: ReaderModel) -> None:
    labels = said(list(model.answer(question(user(file(RECEIPT, "a.pdf")), schema={}))))
    assert json.loads(labels) == {"Total": "62.80", "Invoice No": "854150"}
    data = pdf_with_text("Nothing but prose")
    text = said(list(model.answer(question(user(file(data, "a.pdf")), schema={}))))
    assert json.loads(text) == {"text": "Nothing but prose"}


def test_a_schema_without_a_picture_is_a_refusal(model: ReaderModel) -> None:
    events = list(model.answer(question(user("Hello"), schema=SCHEMA)))
    assert [event.refusal for event in events if isinstance(event, Said)] == [
        "There is no picture or PDF in the chat to fill the schema from."
    ]


def test_what_a_form_cannot_promise_is_refused_before_the_picture_is_read(
    model: ReaderModel, desk: WatchedDesk
) -> None:
    num_read = len(desk.efforts)
    pattern = {"properties": {"x": {"type": "string", "pattern": "a"}}}
    with pytest.raises(FieldError, match="pattern"):
        list(model.answer(question(user(file(RECEIPT)), schema=pattern)))
    regex = ChatQuestion(
        messages=(user(file(RECEIPT)),), params=SamplingParams(constraint=Regex("a"))
    )
    with pytest.raises(FieldError, match="patterns"):
        list(model.answer(regex))
    assert len(desk.efforts) == num_read


def test_detail_says_how_hard_a_picture_is_looked_at(model: ReaderModel, desk: WatchedDesk) -> None:
    for detail in ("low", "auto", "high"):
        asked = question(user(file(pdf_with_text("One"), "a.pdf", detail=detail)))
        list(model.answer(asked))
    assert desk.efforts[-3:] == ["fast", "normal", "max"]


def test_pages_of_all_files_are_counted_together(model: ReaderModel) -> None:
    two = pdf_with_text("One", "Two")
    asked = question(user(file(two, "a.pdf"), file(two, "b.pdf")), schema={}, max_pages=3)
    with pytest.raises(FieldError, match="4 pages") as caught:
        list(model.answer(asked))
    assert caught.value.param == "messages[0].b.pdf"


def test_closing_the_answer_ends_the_reading(model: ReaderModel, desk: WatchedDesk) -> None:
    long = scanned_pdf(*(f"PAGE {number}" for number in range(20)))
    num_closed, num_pages = desk.num_closed, desk.num_pages
    events = model.answer(question(user(file(long, "a.pdf"))))
    next(event for event in events if isinstance(event, Said))
    events.close()  # type: ignore[attr-defined]
    assert desk.num_closed == num_closed + 1
    assert desk.num_pages - num_pages < 20


def test_the_openai_client_gets_fields_and_refusals(server: RunningServer) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "receipt", "schema": SCHEMA}}
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:

        def ask(data: bytes, **options: Any) -> Any:
            part: Any = {"type": "file", "file": {"file_data": data_url(data, "application/pdf")}}
            return client.chat.completions.create(
                model="shuowen-embedded",
                messages=[{"role": "user", "content": [part]}],
                response_format=form,
                **options,
            )

        whole = ask(RECEIPT)
        message = whole.choices[0].message
        assert json.loads(message.content) == {"total": 62.8, "invoice_no": "854150"}
        assert [each["path"] for each in whole.shuowen["fields"]] == ["/total", "/invoice_no"]
        refused = ask(pdf_with_text("Total: 5")).choices[0].message
        assert refused.content is None and "/invoice_no" in refused.refusal
        chunks = [chunk for chunk in ask(pdf_with_text("Total: 5"), stream=True) if chunk.choices]
        told = "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks)
        assert told == refused.refusal


def test_background_calls_are_answered_on_the_way(server: RunningServer) -> None:
    prompt = (
        '### Task:\nWrite a title.\nJSON format: { "title": "a" }\n<chat_history>\n'
        "USER: Read this\nASSISTANT: # Tea House\n</chat_history>"
    )
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        asked: Any = {
            "model": "shuowen-embedded",
            "messages": [{"role": "user", "content": prompt}],
        }
        whole = client.chat.completions.create(**asked, max_tokens=1000)
        assert whole.choices[0].message.content == '{"title": "Tea House"}'
        stream = client.chat.completions.create(**asked, stream=True)
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        assert "".join(pieces) == '{"title": "Tea House"}'


@pytest.mark.parametrize(
    ("asked", "end"),
    [
        (
            "What is the total?",
            "\nWhere your words stand:\n\n**Total**: 62.80 (a.pdf, page 1)\n\n"
            "> Total: 62.80 (a.pdf, page 1)\n",
        ),
        ("合计是多少？", "\n与问题用词相应之处：\n\n**Total**: 62.80 (a.pdf, 第 1 页)\n"),
        ("total", "\nWhere your words stand:\n\n**Total**: 62.80 (a.pdf, page 1)\n"),
        ("Read the total", ""),
        ("Who is Ms Zhang?", ""),
    ],
)
def test_a_question_beside_a_picture_has_its_matches_after_the_text(
    model: ReaderModel, asked: str, end: str
) -> None:
    plain = said(list(model.answer(question(user(file(RECEIPT, "a.pdf"))))))
    text = said(list(model.answer(question(user(asked, file(RECEIPT, "a.pdf"))))))
    assert text == plain + end


def test_a_summary_of_an_earlier_picture_is_declined_in_words(model: ReaderModel) -> None:
    data = pdf_with_text("In 3 days", "Sentences")
    for asked, start in (
        ("Summarise it in 3 sentences", "This reader transcribes and quotes;"),
        ("用3句话总结一下", "本阅读器只抄录和引用原文"),
    ):
        messages = (user(file(data, "a.pdf")), assistant("…"), user(asked))
        text = said(list(model.answer(question(*messages))))
        assert text.startswith(start) and ">" not in text


def test_made_up_names_of_files_are_in_the_language_of_the_question(model: ReaderModel) -> None:
    for name, shown in (("file 1", "在 文件 1 中"), ("file 1.png", "在 file 1.png 中")):
        events = list(model.answer(question(user("写了什么", file(BLANK, name)))))
        assert said(events).startswith(shown)
    messages = (user(file(RECEIPT, "file 1")), assistant("…"), user("合计是多少？"))
    assert "(文件 1, 第 1 页)" in said(list(model.answer(question(*messages))))


def test_a_list_without_rows_is_told(model: ReaderModel) -> None:
    item = {"type": "object", "properties": {"weight": {"type": "number"}}}
    items = {"type": "array", "items": item}
    for required in (["items"], []):
        schema = {"type": "object", "properties": {"items": items}, "required": required}
        asked = question(user("Fill in", file(RECEIPT, "a.pdf")), schema=schema)
        events = list(model.answer(asked))
        assert json.loads(said(events)) == {"items": []}
        counted = events[-1]
        assert isinstance(counted, Counted)
        assert counted.notices == ("No table rows were found for /items; the list is empty.",)
