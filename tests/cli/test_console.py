from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.cli.console import Console, printable, say_error


@given(st.text())
def test_no_text_can_drive_a_terminal(text: str) -> None:
    assert printable(text).isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("说文 a b", "说文 a b"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202egpj", "\\u202egpj"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_cannot_be_printed_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_quiet_says_errors_only(capsys: pytest.CaptureFixture[str]) -> None:
    with Console(quiet=True) as console:
        console.say("A remark.")
        console.expect(3)
        console.page_done("a.pdf")
        console.say_error("It broke.")
    say_error("It broke\ntwice.")
    captured = capsys.readouterr()
    assert captured.err == "Error: It broke.\nError: It broke\\ntwice.\n"
    assert captured.out == ""


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Console() as console:
        console.expect(3)
        console.page_done("a.pdf")
        console.say("A remark.")
    assert capsys.readouterr().err == "A remark.\n"
