"""What is wrong with a request, and how it is told: status, sentence and field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shuowen.config import Limits
from tests import made_files
from tests.server.chat.benches import (
    PICTURE,
    Benches,
    Json,
    benches,
    data_url,
    encoded,
    image_part,
    picture,
    user,
)

LIMITS = Limits(max_pixels=100_000, max_bytes=300_000, fetch_seconds=5)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    folder = tmp_path_factory.mktemp("data")
    with benches(folder, max_chat_pages=3, limits=LIMITS, max_body_bytes=2_000_000) as found:
        yield found


def file_part(data: bytes, **more: Any) -> Json:
    return {"type": "file", "file": {"file_data": data_url(data, "application/pdf"), **more}}


def deep(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def said(role: str, content: Any = "So.", **more: Any) -> Json:
    return {"role": role, "content": content, **more}


ADDRESS = "messages[0].content[0].image_url.url"
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "add"}}
SCHEMA_FORM = {"type": "json_schema", "json_schema": {"schema": {}}}
LOCKED = made_files.encrypted_pdf("Secret", "swordfish")

FIELDS: list[tuple[str, Json, int, str, str | None]] = [
    ("no model", {"model": None}, 400, "model", "model"),
    ("unknown model", {"model": "gpt-4"}, 404, "There are: reader, engine, openai", "model"),
    ("model is a number", {"model": 4}, 400, "expected `str`, got `int`", "model"),
    ("unknown field", {"tempratur": 1}, 400, "Did you mean temperature?", "tempratur"),
    ("unknown far field", {"zzz": 1}, 400, "docs/server.md", "zzz"),
    ("refused field", {"store": True}, 400, "No answer is kept", "store"),
    ("temperature too high", {"temperature": 3}, 400, "temperature is 3", "temperature"),
    ("temperature is text", {"temperature": "hot"}, 400, "got `str`", "temperature"),
    ("top_p 0", {"top_p": 0}, 400, "top_p is 0", "top_p"),
    ("n 0", {"n": 0}, 400, "n is 0", "n"),
    ("n too large", {"n": 500}, 400, "n is 500", "n"),
    ("n no whole number", {"n": 1.5}, 400, "n has another form", "n"),
    ("seed too large", {"seed": 2**70}, 400, "seed is", "seed"),
    ("max_tokens 0", {"max_tokens": 0}, 400, "max_tokens is 0", "max_tokens"),
    ("max_tokens negative", {"max_tokens": -1}, 400, "max_tokens is -1", "max_tokens"),
    (
        "two limits",
        {"max_tokens": 1, "max_completion_tokens": 2},
        400,
        "Send one of them",
        "max_tokens",
    ),
    (
        "newer limit",
        {"max_completion_tokens": 0},
        400,
        "max_completion_tokens is 0",
        "max_completion_tokens",
    ),
    ("empty stop", {"stop": [""]}, 400, "stop text is empty", "stop"),
    ("many stops", {"stop": ["a"] * 65}, 400, "too many", "stop"),
    ("bias of a word", {"logit_bias": {"the": 1}}, 400, "no token id", "logit_bias"),
    ("bias too large", {"logit_bias": {"5": 101}}, 400, "logit_bias[5] is 101", "logit_bias"),
    (
        "top_logprobs alone",
        {"top_logprobs": 2},
        400,
        "needs logprobs",
        "top_logprobs",
    ),
    (
        "many top_logprobs",
        {"logprobs": True, "top_logprobs": 21},
        400,
        "is 21",
        "top_logprobs",
    ),
    (
        "unknown form",
        {"response_format": {"type": "yaml"}},
        400,
        "type is 'yaml'",
        "response_format.type",
    ),
    ("form without type", {"response_format": {}}, 400, "missing", "response_format"),
    (
        "schema missing",
        {"response_format": {"type": "json_schema"}},
        400,
        "needs json_schema",
        "response_format.json_schema",
    ),
    (
        "schema empty",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
        400,
        "schema is missing",
        "response_format.json_schema.schema",
    ),
    (
        "schema of no use",
        {"response_format": {**SCHEMA_FORM, "type": "text"}},
        400,
        "no use for json_schema",
        "response_format.json_schema",
    ),
    (
        "schema too deep",
        {"response_format": {"type": "json_schema", "json_schema": {"schema": deep(70)}}},
        400,
        "more than 64",
        "response_format",
    ),
    ("stream options", {"stream_options": {"usage": 1}}, 400, "no field", "stream_options.usage"),
    ("tools no list", {"tools": {}}, 400, "tools has another form", "tools"),
    ("tool without name", {"tools": [{"function": {}}]}, 400, "missing", "tools[0].function"),
    (
        "custom tool",
        {"tools": [{"type": "custom", "custom": {}}]},
        400,
        "no function",
        "tools[0].type",
    ),
    ("choice of nothing", {"tool_choice": "required"}, 400, "needs tools", "tool_choice"),
    ("odd choice", {"tools": [TOOL], "tool_choice": "maybe"}, 400, "'maybe'", "tool_choice"),
    (
        "choice not there",
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "sub"}}},
        400,
        "not among the tools",
        "tool_choice",
    ),
    ("129 tools", {"tools": [TOOL] * 129}, 400, "limit is 128", "tools"),
]

MESSAGES: list[tuple[str, Any, int, str, str | None]] = [
    ("none", None, 400, "missing", "messages"),
    ("empty list", [], 400, "no messages", "messages"),
    ("text", "Hi", 400, "expected `array`", "messages"),
    ("too many", user("Hi") * 1001, 400, "limit is 1000", "messages"),
    ("no role", [{"content": "Hi"}], 400, "missing required field `role`", "messages[0]"),
    ("unknown role", [said("king")], 400, "'king'", "messages[0].role"),
    ("role function", [said("function")], 400, "deprecated", "messages[0].role"),
    ("unknown field", [{**user("Hi")[0], "foo": 1}], 400, "no field", "messages[0].foo"),
    ("empty content", user(""), 400, "last message is empty", "messages[0].content"),
    ("white content", user("  \n"), 400, "last message is empty", "messages[0].content"),
    ("no content", [{"role": "user"}], 400, "last message is empty", "messages[0].content"),
    ("no parts", [{"role": "user", "content": []}], 400, "is empty", "messages[0].content"),
    ("content is a number", [said("user", 5)], 400, "another form", "messages[0].content"),
    ("last from the assistant", [*user("Hi"), said("assistant")], 400, "End with", None),
    ("only a system message", [said("system")], 400, "role system", "messages[0].role"),
    (
        "picture in a system message",
        [said("system", [image_part(PICTURE)]), *user("Hi")],
        400,
        "Put pictures in user messages",
        "messages[0].content[0]",
    ),
    (
        "picture in an answer",
        [*user("Hi"), said("assistant", [image_part(PICTURE)]), *user("Hi")],
        400,
        "Put pictures in user messages",
        "messages[1].content[0]",
    ),
    (
        "answer of no tool",
        [*user("Hi"), said("tool", tool_call_id="c1")],
        400,
        "answers no call",
        "messages[1].tool_call_id",
    ),
    (
        "answer of another tool",
        [*user("Hi"), said("assistant", tool_calls=[CALL]), said("tool", tool_call_id="c2")],
        400,
        "answers no call",
        "messages[2].tool_call_id",
    ),
    (
        "call by the user",
        [{**user("Hi")[0], "tool_calls": [CALL]}],
        400,
        "Only assistants do",
        "messages[0].tool_calls",
    ),
    (
        "call of another kind",
        [*user("Hi"), said("assistant", tool_calls=[{**CALL, "type": "custom"}]), *user("Hi")],
        400,
        "not understood",
        "messages[1].tool_calls[0].type",
    ),
    ("part is a text", [said("user", ["Hi"])], 400, "no object", "messages[0].content[0]"),
    ("too deep", [said("user", [deep(70)])], 400, "more than 64", "messages"),
    ("501 parts", user(*[{"type": "text", "text": "a"}] * 501), 400, "500 parts", None),
]

PARTS: list[tuple[str, Any, int, str, str | None]] = [
    ("no type", {"text": "Hi"}, 400, "no type", "messages[0].content[0].type"),
    ("unknown type", {"type": "smell"}, 400, "'smell'", "messages[0].content[0].type"),
    ("type is a list", {"type": []}, 400, "no type of part", "messages[0].content[0].type"),
    ("audio", {"type": "input_audio"}, 400, "not understood", "messages[0].content[0].type"),
    ("no text", {"type": "text"}, 400, "missing", "messages[0].content[0].text"),
    ("text is a number", {"type": "text", "text": 5}, 400, "another form", None),
    ("unknown field", {"type": "text", "text": "a", "b": 1}, 400, "no field", None),
    ("no image_url", {"type": "image_url"}, 400, "not an object with a url", None),
    ("no url", {"type": "image_url", "image_url": {}}, 400, "missing", ADDRESS),
    ("url is a number", {"type": "image_url", "image_url": {"url": 5}}, 400, "form", ADDRESS),
    ("odd detail", image_part(PICTURE, detail="extreme"), 400, "'extreme'", None),
    ("no tiles", image_part(PICTURE, max_dynamic_patch=0), 400, "Choose 1 to 48", None),
    ("half tiles", image_part(PICTURE, max_dynamic_patch=1.5), 400, "another form", None),
    ("bad base64", image_part("data:image/png;base64,!!!"), 400, "not base64", ADDRESS),
    ("no base64", image_part("data:image/svg+xml,<svg/>"), 400, "without base64", ADDRESS),
    ("no comma", image_part("data:image/png;base64"), 400, "without base64", ADDRESS),
    ("empty", image_part("data:image/png;base64,"), 422, "is empty", ADDRESS),
    ("no address", image_part(""), 400, "neither an address nor base64", ADDRESS),
    ("a web page", image_part(data_url(b"<html>Hello")), 422, "a web page", ADDRESS),
    ("a ZIP", image_part(data_url(b"PK\3\4" + b"x" * 90)), 422, "a ZIP archive", ADDRESS),
    ("words", image_part(data_url(b"Hello there")), 422, "not a picture or a PDF", ADDRESS),
    ("cut short", image_part(data_url(picture(200, 200)[:150])), 422, "damaged", ADDRESS),
    ("huge", image_part(data_url(picture(2000, 100))), 422, "the limit is 0.1", ADDRESS),
    ("bomb", image_part(data_url(made_files.bomb())), 422, "3600 megapixels", ADDRESS),
    ("too many bytes", image_part(data_url(b"x" * 310_000)), 413, "more bytes", ADDRESS),
    ("no file", {"type": "file"}, 400, "not an object with file_data", None),
    ("file_id", {"type": "file", "file": {"file_id": "f"}}, 400, "send the file itself", None),
    ("no file_data", {"type": "file", "file": {}}, 400, "file_data is missing", None),
    ("encrypted", file_part(LOCKED, filename="a/b.pdf"), 422, "b.pdf is encrypted", None),
    ("damaged PDF", file_part(b"%PDF-1.7 nothing"), 422, "damaged PDF", None),
    ("long PDF", file_part(made_files.pdf_with_text(*"abcd")), 400, "4 pages", None),
    ("two files", {"type": "input_file", "file_data": "a", "file_url": "b"}, 400, "one of", None),
    ("video as a file", {"type": "video_url", "video_url": 5}, 400, "not an object", None),
    (
        "video from the web",
        {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        400,
        "not a data URL",
        "messages[0].content[0].video_url.url",
    ),
    (
        "no video",
        {"type": "video_url", "video_url": {"url": data_url(b"Hello")}},
        422,
        "cannot be decoded",
        "messages[0].content[0].video_url",
    ),
]

START = b'{"model": "engine", "messages": [], '
BODIES: list[tuple[str, bytes, int, str]] = [
    ("empty", b"", 400, "not a JSON object"),
    ("no JSON", b"model=engine", 400, "malformed"),
    ("list", b"[]", 400, "expected `object`, got `array`"),
    ("cut short", b'{"model": "engine"', 400, "truncated"),
    ("no UTF-8", b'{"model": "\xff"}', 400, "utf-8"),
    ("half a character", b'{"model": "\\ud800", "messages": []}', 400, "malformed"),
    ("endless lists", b'{"model": ' + b"[" * 200_000, 400, ""),
    ("too deep", START + b'"tools": ' + b"[" * 900 + b"]" * 900 + b"}", 400, "64"),
    ("number too large", START + b'"temperature": 1e999}', 400, "out of range"),
    ("NaN", b'{"model": "engine", "temperature": NaN}', 400, "malformed"),
    ("large", b" " * 2_000_001, 413, "2000000"),
]


def check(response: Any, status: int, part: str, param: str | None) -> None:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "not_found_error" if status == 404 else "invalid_request_error"
    assert part in error["message"]
    assert "--" not in error["message"], "an option of the command line"
    if param is not None:
        assert error["param"] == param


@pytest.mark.parametrize("kind", ["reader", "engine"])
@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in FIELDS])
def test_fields(bench: Benches, kind: str, row: tuple[str, Json, int, str, str | None]) -> None:
    _, fields, status, part, param = row
    if kind == "reader" and {"tools", "n", "logprobs", "top_logprobs", "logit_bias"} & set(fields):
        pytest.skip("which the reader does not look at, or refuses as a whole")
    check(bench.ask({"model": kind, "messages": user("Hi"), **fields}), status, part, param)


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in MESSAGES])
def test_messages(bench: Benches, row: tuple[str, Any, int, str, str | None]) -> None:
    _, messages, status, part, param = row
    for kind in ("reader", "engine"):
        check(bench.ask({"model": kind, "messages": messages}), status, part, param)


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in PARTS])
@pytest.mark.parametrize("stream", [False, True])
def test_parts(bench: Benches, row: tuple[str, Any, int, str, str | None], stream: bool) -> None:
    """Streams too: they begin only once the model has taken the question on."""
    _, part, status, words, param = row
    body = {"model": "engine", "messages": user(part), "stream": stream}
    response = bench.ask(body)
    check(response, status, words, param)
    assert response.json()["error"]["param"].startswith("messages[0].content[0]")


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in BODIES])
def test_bodies(bench: Benches, row: tuple[str, bytes, int, str]) -> None:
    _, body, status, part = row
    response = bench.client.post("/v1/chat/completions", content=body)
    assert response.status_code == status
    assert part in response.json()["error"]["message"]


def test_pictures_and_pages_are_counted_together(bench: Benches) -> None:
    for kind in ("reader", "engine"):
        many = [image_part(PICTURE)] * 4
        response = bench.ask({"model": kind, "messages": user(*many)})
        check(response, 400, "more than 3 files", "messages[0].content[3].image_url.url")
    pages = [image_part(PICTURE), file_part(made_files.pdf_with_text("a", "b", "c"))]
    response = bench.ask({"model": "engine", "messages": user(*pages)})
    check(response, 400, "4 pages", "messages[0].content[1].file.file_data")
    large = [image_part(data_url(picture(300, 300)))] * 2
    response = bench.ask({"model": "engine", "messages": user(*large)})
    check(response, 422, "With file 2", "messages[0].content[1].image_url.url")


def test_bytes_are_counted_together(bench: Benches) -> None:
    padded = picture() + bytes(290_000)  # what follows a picture's end is passed over
    assert bench.ask({"model": "engine", "messages": user(image_part(data_url(padded)))}).is_success


def test_errors_hold_nothing_of_the_content(bench: Benches) -> None:
    secret = encoded(b"My password is swordfish" * 4)
    response = bench.ask({"model": "engine", "messages": user(image_part(secret))})
    assert response.status_code == 400
    assert secret[:20] not in response.text
    assert "swordfish" not in json.dumps(response.json())


def test_small_pictures_are_no_error(bench: Benches) -> None:
    for size in ((1, 1), (1, 300), (300, 1)):
        part = image_part(data_url(picture(*size)))
        response = bench.ask({"model": "engine", "messages": user(part)})
        assert response.status_code == 200, response.text


def test_a_missing_folder_is_told_in_the_same_words_as_a_missing_file(
    bench: Benches, tmp_path: Path
) -> None:
    told = {
        bench.ask({"model": "engine", "messages": user(image_part(f"file://{path}"))}).text
        for path in ("/etc/passwd", tmp_path, "/nowhere/at/all")
    }
    assert len(told) == 1
