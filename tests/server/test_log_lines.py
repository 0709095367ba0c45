from __future__ import annotations

import json
import logging

import pytest

from shuowen.server.log_lines import logging_to_stderr


def test_every_record_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr():
        logging.getLogger("shuowen.server").info("It\nbegan.", extra={"fields": {"port": 1}})
        logging.getLogger("other").warning("Odd: %s", "值")
        logging.getLogger("other").info("not worth a line")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [
        ("info", "It\nbegan."),
        ("warning", "Odd: 值"),
    ]
    assert lines[0]["port"] == 1
    assert lines[0]["time"].endswith("Z")


def test_of_others_messages_the_first_line_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr():
        logging.getLogger("asyncio").error(
            "Exception never retrieved\nfuture: ValueError('secret')"
        )
    line = json.loads(capsys.readouterr().err)
    assert line["message"] == "Exception never retrieved"


def test_exceptions_are_shown_by_their_place_without_their_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def read(words: str) -> None:
        try:
            int(words)
        except ValueError as error:
            raise RuntimeError(words) from error

    with logging_to_stderr():
        try:
            read("secret")
        except RuntimeError as error:
            logging.getLogger("asyncio").error("A bug.", exc_info=error)
    text = capsys.readouterr().err
    line = json.loads(text)
    assert line["error"] == "RuntimeError"
    assert "ValueError" in line["traceback"]
    assert any(
        "test_log_lines.py" in place and place.endswith("read") for place in line["traceback"]
    )
    assert "secret" not in text


def test_the_log_is_as_it_was_afterwards() -> None:
    before = (logging.getLogger().handlers[:], logging.getLogger("shuowen").level)
    with logging_to_stderr():
        pass
    assert (logging.getLogger().handlers, logging.getLogger("shuowen").level) == before
