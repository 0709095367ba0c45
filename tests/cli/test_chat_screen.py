"""Where answers appear: nothing that a model says may drive a terminal; a pipe gets all of it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.cli.chat_screen import Screen, terminal_text
from shuowen.errors import OutputError


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_lines_tabs_and_all_scripts_stay() -> None:
    text = "甲乙\u3000丙\n\ta = 1\u00a0kg é 👩\u200d🔬"
    assert terminal_text(text) == text


def test_what_could_drive_a_terminal_is_shown_as_an_escape() -> None:
    assert terminal_text("\x1b[2J\r\x07\u202eab\x9b1m") == "\\x1b[2J\\r\\x07\\u202eab\\x9b1m"


@given(st.text())
def test_no_control_character_reaches_a_terminal(text: str) -> None:
    shown = terminal_text(text)
    assert not [each for each in shown if ord(each) < 32 and each not in "\n\t"]
    assert not [each for each in shown if 0x7F <= ord(each) < 0xA0]


def test_a_pipe_gets_the_text_as_it_is() -> None:
    stream = io.StringIO()
    Screen(stream).write("\x1b[1m甲")
    assert stream.getvalue() == "\x1b[1m甲"


def test_a_line_is_ended_once() -> None:
    stream = Terminal()
    screen = Screen(stream)
    screen.end_line()
    screen.write("a")
    screen.end_line()
    screen.end_line()
    assert stream.getvalue() == "a\n"


def test_letters_that_a_terminal_has_not_do_not_stop_it() -> None:
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding="latin-1")
    Screen(stream).write("é甲")
    assert data.getvalue() == b"\xe9?"


def test_a_full_disk_is_told() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        Screen(Full()).write("a")
