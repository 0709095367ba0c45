from __future__ import annotations

import logging

import pytest

from shuowen.errors import (
    CapacityError,
    InputError,
    InternalError,
    ShuowenError,
    UsageError,
    as_shuowen_error,
)


def test_message_and_hint_are_one_sentence_each() -> None:
    assert str(InputError("It broke.", "Mend it.")) == "It broke. Mend it."
    assert str(InputError("It broke.")) == "It broke."


def test_an_error_raised_on_purpose_stays_itself() -> None:
    error = UsageError("Wrong.")
    assert as_shuowen_error(error, "testing") is error


def test_other_exceptions_get_their_meaning() -> None:
    assert isinstance(as_shuowen_error(MemoryError(), "testing"), CapacityError)
    bug = as_shuowen_error(ValueError("odd"), "reading a.pdf")
    assert isinstance(bug, InternalError)
    assert "reading a.pdf: ValueError: odd." in bug.message


def test_where_it_came_from_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="shuowen"):
        as_shuowen_error(ValueError("odd"), "testing")
    assert "ValueError: odd" in caplog.text


def test_codes_and_exit_codes_are_unique() -> None:
    classes = ShuowenError.__subclasses__()
    assert len({each.code for each in classes}) == len(classes)
    assert len({each.exit_code for each in classes}) == len(classes)
