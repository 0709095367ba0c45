"""Whatever is sent, the server answers with a status that means something, and never with a bug."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuowen.server.chat.fields import FIELDS
from tests.made_files import pdf_with_text
from tests.server.chat.benches import PICTURE, Benches, Json, benches, data_url, picture, user

KINDS = ["reader", "engine", "openai", "vllm"]
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    with benches(tmp_path_factory.mktemp("data"), max_chat_pages=5) as found:
        yield found


NAMES = sorted({field.name for field in FIELDS.fields})
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from([PICTURE, "file:///etc/passwd", "auto", "required", "user", "image_url"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | TEXT, inner, max_size=4)
    ),
    max_leaves=8,
)
GOOD: list[Json] = [
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            *user({"type": "text", "text": "Read."}, {"type": "image_url", "image_url": PICTURE}),
        ],
        "temperature": 0.5,
        "stop": ["x"],
        "max_tokens": 5,
    },
    {
        "messages": [
            *user({"type": "file", "file": {"file_data": PICTURE, "filename": "a.png"}}),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "c", "content": "3"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "tool_choice": "auto",
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
        "stream": True,
        "stream_options": {"include_usage": True},
    },
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a body something can be changed."""
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(body: Json, path: tuple[Any, ...], value: Any) -> Json:
    copy = json.loads(json.dumps(body))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


@given(st.data())
@MANY
def test_bodies(bench: Benches, data: st.DataObject) -> None:
    body: Json = {"model": data.draw(st.sampled_from(KINDS)), **data.draw(st.sampled_from(GOOD))}
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(body))))
        body = changed(body, path, data.draw(ANYTHING))
    if data.draw(st.booleans()):
        body[data.draw(st.sampled_from(NAMES))] = data.draw(ANYTHING)
    response = bench.ask(body)
    assert response.status_code in (200, 400, 404, 413, 422), (response.text, body)
    if response.status_code != 200:
        assert response.json()["error"]["message"]


FILES = [picture(kind=kind) for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP")]
FILES.append(pdf_with_text("One"))


@given(st.sampled_from(FILES), st.data())
@MANY
def test_files(bench: Benches, content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        damaged[position] = data.draw(st.integers(0, 255))
    kept = damaged[: data.draw(st.integers(1, len(damaged)))]
    part = {"type": "input_file", "file_data": data_url(bytes(kept))}
    response = bench.ask({"model": "engine", "messages": user(part)})
    assert response.status_code in (200, 400, 422), response.text


@given(st.binary(max_size=60) | st.text(st.characters(codec="utf-8")).map(str.encode))
@settings(MANY, max_examples=30)
def test_bytes(bench: Benches, content: bytes) -> None:
    response = bench.client.post("/v1/chat/completions", content=content)
    assert response.status_code == 400
