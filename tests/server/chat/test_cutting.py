from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.params import SamplingParams
from shuowen.server.chat.cutting import count_tokens, cut
from shuowen.server.chat.model import (
    Began,
    ChatEvent,
    ChatMessage,
    ChatQuestion,
    ChatText,
    Counted,
    Ended,
    Said,
)


class Reading:
    """A reader's events; notes whether it was closed early."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.num_given = 0
        self.has_ended = False

    def events(self) -> Iterator[ChatEvent]:
        try:
            yield Began()
            for text in self.texts:
                self.num_given += 1
                yield Said(text=text)
            yield Ended(finish_reason="stop")
            yield Counted(prompt_tokens=99, completion_tokens=50)
        finally:
            self.has_ended = True


def asked(**params: object) -> ChatQuestion:
    message = ChatMessage(role="user", parts=(ChatText("Read this."),))
    return ChatQuestion(messages=(message,), params=SamplingParams(**params))  # type: ignore[arg-type]


def told(reading: Reading, question: ChatQuestion) -> tuple[str, str, Counted]:
    events = list(cut(reading.events(), question))
    text = "".join(event.text for event in events if isinstance(event, Said))
    (ended,) = (event for event in events if isinstance(event, Ended))
    assert isinstance(events[0], Began) and isinstance(events[-1], Counted)
    assert reading.has_ended
    return text, ended.finish_reason, events[-1]


def test_nothing_is_cut_where_nothing_is_asked() -> None:
    text, reason, counted = told(Reading("One ", "two."), asked(max_tokens=1_000_000))
    assert (text, reason, counted.prompt_tokens) == ("One two.", "stop", 99)


def test_an_answer_ends_before_a_stop_text_and_reading_ends_with_it() -> None:
    reading = Reading("One ", "two EN", "D three ", "four")
    text, reason, counted = told(reading, asked(stop=("END",)))
    assert (text, reason) == ("One two ", "stop")
    assert reading.num_given == 3
    assert (counted.prompt_tokens, counted.completion_tokens) == (3, 2)


def test_an_answer_ends_at_its_limit_and_reading_ends_with_it() -> None:
    reading = Reading("1234", "567890", "abc", "def")
    text, reason, counted = told(reading, asked(max_tokens=2))
    assert (text, reason, counted.completion_tokens) == ("12345678", "length", 2)
    assert reading.num_given == 2


def test_an_answer_that_just_fits_is_whole() -> None:
    assert told(Reading("12345678"), asked(max_tokens=2))[:2] == ("12345678", "stop")
    assert told(Reading("你好"), asked(max_tokens=2))[:2] == ("你好", "stop")
    assert told(Reading("你好吗"), asked(max_tokens=2))[:2] == ("你好", "length")


def test_what_looked_like_a_stop_text_is_told_in_the_end() -> None:
    assert told(Reading("One E", "N"), asked(stop=("END",)))[0] == "One EN"
    assert told(Reading("12345678E"), asked(stop=("END",), max_tokens=2))[:2] == (
        "12345678",
        "length",
    )


@given(
    st.lists(st.text("ab你", max_size=9), max_size=6),
    st.integers(1, 6),
    st.lists(st.text("ab你", min_size=1, max_size=3), max_size=2),
)
def test_pieces_change_nothing(texts: list[str], most: int, stops: list[str]) -> None:
    question = asked(max_tokens=most, stop=tuple(stops))
    text, reason, _ = told(Reading(*texts), question)
    assert (text, reason) == told(Reading("".join(texts)), question)[:2]
    assert "".join(texts).startswith(text)
    assert count_tokens(text) <= most
    assert not any(stop in text for stop in stops)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("five5", 2), ("你好", 2), ("a你", 2)]
)
def test_tokens_are_estimated(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens
