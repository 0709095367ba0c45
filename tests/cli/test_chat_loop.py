"""A chat of several turns, with a scripted person and a scripted engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shuowen.cli.chat_answer import Asking
from shuowen.cli.chat_attachments import OpenOptions
from shuowen.cli.chat_loop import COMMANDS, HELP, Chat
from shuowen.cli.chat_screen import Screen
from shuowen.errors import CapacityError
from shuowen.generation.engine import Request
from shuowen.generation.results import Completion, Delta
from shuowen.image.page import Pixels
from shuowen.prompt.messages import ImagePart, Message, TextPart
from tests import made_files
from tests.cli.test_chat_screen import Terminal
from tests.generation.fake_engine import Answer, FakeEngine

Event = str | BaseException
Talk = Callable[..., str]


@pytest.fixture
def talk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Talk:
    """Lets a person say lines (or press keys) to an engine; what stood on the terminal."""
    monkeypatch.chdir(tmp_path)

    def run(
        engine: Any,
        *lines: Event,
        messages: tuple[Message, ...] = (),
        after: Callable[[Completion, Pixels | None], None] = lambda completion, picture: None,
    ) -> str:
        said = iter(lines)

        def read_line(prompt: str) -> str:
            line = next(said, EOFError())
            if isinstance(line, BaseException):
                raise line
            return line

        terminal = Terminal()
        chat = Chat(
            asking=Asking(engine, Screen(terminal)),
            request=Request(messages=messages),
            opening=OpenOptions(),
            after_answer=after,
        )
        chat.run(read_line)
        return terminal.getvalue()

    return run


def roles_and_words(request: Request) -> list[tuple[str, str]]:
    return [
        (message.role, "".join(part.text for part in message.parts if isinstance(part, TextPart)))
        for message in request.messages
    ]


def test_each_question_carries_what_was_said_before(talk: Talk) -> None:
    engine = FakeEngine(answers=["One.", "Two."])
    shown = talk(engine, "first", "  ", "second", messages=(Message.of("system", "Be brief."),))
    assert shown == "One.\nTwo.\n"
    assert roles_and_words(engine.requests[1]) == [
        ("system", "Be brief."),
        ("user", "first"),
        ("assistant", "One."),
        ("user", "second"),
    ]


def test_a_picture_goes_with_the_next_question_alone(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "my page.png").write_bytes(made_files.png("Hello"))
    engine = FakeEngine(answers=["Yes."])
    seen: list[Pixels | None] = []
    talk(
        engine,
        '/image "my page.png"',
        "What?",
        "And?",
        after=lambda completion, picture: seen.append(picture),
    )
    first, second = engine.requests
    assert isinstance(first.messages[-1].parts[0], ImagePart)
    assert len(second.messages[-1].parts) == 1
    assert [picture is not None and picture.shape for picture in seen] == [(120, 640, 3)] * 2


def test_errors_are_told_and_end_nothing(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    engine = FakeEngine(
        answers=[Answer(texts=("abcdef",), error=CapacityError("Full.", "Ask less.")), "Fine."]
    )
    shown = talk(engine, "/image none.png", "/imag x", "/save", "/video", "first", "second")
    errors = capsys.readouterr().err
    assert "none.png does not exist" in errors
    assert "Did you mean /image?" in errors
    assert errors.count("needs a file") == 2
    assert "Error: Full. Ask less." in errors
    assert shown == "abc\nFine.\n"
    assert roles_and_words(engine.requests[1]) == [("user", "second")]


class Interrupted(FakeEngine):
    """An engine whose person presses Ctrl-C after some deltas of the first answer."""

    num_deltas = 1

    def stream(self, request: Request) -> Iterator[Delta | Completion]:
        is_first = not self.requests
        for index, event in enumerate(super().stream(request)):
            if is_first and index == self.num_deltas:
                raise KeyboardInterrupt
            yield event


def test_ctrl_c_stops_the_answer_and_what_was_shown_stays(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Interrupted(answers=["abcdef", "Fine."])
    shown = talk(engine, "first", "second")
    assert shown == "abc\nFine.\n"
    assert "Stopped. What is shown stays" in capsys.readouterr().err
    assert roles_and_words(engine.requests[1]) == [
        ("user", "first"),
        ("assistant", "abc"),
        ("user", "second"),
    ]


def test_a_question_without_any_answer_is_taken_back(talk: Talk) -> None:
    engine = Interrupted(answers=["abcdef", "Fine."])
    engine.num_deltas = 0
    talk(engine, "first", "second")
    assert roles_and_words(engine.requests[1]) == [("user", "second")]


def test_ctrl_c_at_the_prompt_says_how_to_end(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert talk(FakeEngine(answers=["Hi."]), KeyboardInterrupt(), "hello") == "Hi.\n"
    assert "Ctrl-D or /quit" in capsys.readouterr().err


def test_quit_reset_help_and_a_slash(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    engine = FakeEngine(answers=["A."])
    talk(engine, "/help", "first", "/reset", "//tmp is a folder", "a \\", "b", "/quit", "never")
    errors = capsys.readouterr().err
    assert all(f"/{name}" in errors for name in COMMANDS)
    assert all(f"/{name}" in HELP for name in COMMANDS)
    assert roles_and_words(engine.requests[1]) == [("user", "/tmp is a folder")]
    assert roles_and_words(engine.requests[2])[-1] == ("user", "a \nb")
    assert len(engine.requests) == 3


def test_a_chat_is_saved_for_people_and_for_programs(
    talk: Talk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Hello"))
    lines = ["/image a.png", "What?", "/save chat.json", "/save chat.md", "/save chat.md"]
    engine = FakeEngine(answers=["甲 \ud800."])
    talk(engine, *lines, "/save chat.doc", messages=(Message.of("system", "Be brief."),))
    saved = json.loads((tmp_path / "chat.json").read_text("utf-8"))
    assert (saved["model"], saved["system"]) == ("fake", "Be brief.")
    assert [(turn["role"], turn["text"]) for turn in saved["turns"]] == [
        ("user", "What?"),
        ("assistant", "甲 ?."),
    ]
    assert saved["turns"][0]["attachments"] == ["a.png"]
    markdown = (tmp_path / "chat.md").read_text("utf-8")
    assert "## You\n\n- a.png\n\nWhat?\n\n## Model\n\n甲 ?." in markdown
    errors = capsys.readouterr().err
    assert "chat.md exists already" in errors
    assert "neither .md nor .json" in errors


def test_text_that_is_taken_back_is_told_and_does_not_stay(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine(answers=[Answer(texts=("abcdef",), detour="xyxyxy"), "Fine."])
    shown = talk(engine, "first", "second")
    assert shown == "abcxyxyxy\ndef\nFine.\n"
    errors = capsys.readouterr().err
    assert "The last 6 characters repeat themselves" in errors
    assert "A loop was cut out of the answer: 'xyxyxy' stood 20 times" in errors
    assert roles_and_words(engine.requests[1])[1] == ("assistant", "abcdef")
