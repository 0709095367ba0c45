"""Broken pictures and odd chats, by the hundred: each is answered, and none by a server error."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tests.server.conftest import RunningServer

BASE = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
QUICK = settings(BASE, max_examples=40, derandomize=True)
THOROUGH = settings(BASE, max_examples=2000)

FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "PDF")


def drawn(kind: str) -> bytes:
    picture = Image.new("RGB", (64, 24), "white")
    ImageDraw.Draw(picture).text((4, 4), "Fuzz 42", fill="black")
    encoded = io.BytesIO()
    picture.save(encoded, kind)
    return encoded.getvalue()


WHOLE = {kind: drawn(kind) for kind in FORMATS}


@st.composite
def broken_files(draw: st.DrawFn) -> bytes:
    """A good file with bytes changed, cut out, put in, or the end missing."""
    data = bytearray(WHOLE[draw(st.sampled_from(FORMATS))])
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        change = draw(st.sampled_from(("change", "cut", "insert", "end")))
        if change == "change":
            data[place : place + 1] = draw(st.binary(min_size=1, max_size=4))
        elif change == "cut":
            del data[place : place + draw(st.integers(1, 200))]
        elif change == "insert":
            data[place:place] = draw(st.binary(max_size=64))
        else:
            del data[place:]
    return bytes(data)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["user", "system", "tool", "text", "image_url", "data:,", "http://[", "\x00"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image_url", "file", "video_url", "input_file", "odd"])},
    optional={"text": JSON, "image_url": JSON, "file": JSON, "video_url": JSON},
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "system", "assistant", "tool", "developer", "odd"])},
    optional={"content": JSON | st.lists(PARTS, max_size=4), "tool_calls": JSON, "name": JSON},
)
BODIES = st.fixed_dictionaries(
    {"model": st.just("shuowen-embedded") | JSON},
    optional={
        "messages": st.lists(MESSAGES, max_size=4) | JSON,
        "stream": JSON,
        "n": JSON,
        "max_tokens": JSON,
        "temperature": JSON,
        "stop": JSON,
        "response_format": JSON
        | st.fixed_dictionaries({"type": st.just("json_schema"), "json_schema": JSON}),
        "tools": JSON,
        "tool_choice": JSON,
        "stream_options": JSON,
        "logit_bias": JSON,
    },
)


def ask_about(client: httpx.Client, data: bytes, kind: str) -> None:
    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    content = [{"type": "image_url", "image_url": {"url": url}}]
    body = {"model": "shuowen-embedded", "messages": [{"role": "user", "content": content}]}
    check(client.post("/v1/chat/completions", json=body))
    check(client.put("/process", content=data, headers={"Content-Type": kind, "X-Filename": "a"}))


def ask(client: httpx.Client, body: Any) -> None:
    # json.dumps writes NaN, Infinity and lone surrogates, as careless clients do.
    check(client.post("/v1/chat/completions", content=json.dumps(body)))


def check(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.json()["error"]["message"]


@pytest.fixture(scope="module")
def patient(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@QUICK
@given(data=broken_files(), kind=st.sampled_from(["image/png", "application/pdf", "odd"]))
def test_broken_files_are_answered(patient: httpx.Client, data: bytes, kind: str) -> None:
    ask_about(patient, data, kind)


@settings(QUICK, max_examples=200)
@given(body=BODIES | JSON)
def test_odd_chats_are_answered(patient: httpx.Client, body: Any) -> None:
    ask(patient, body)


@pytest.mark.slow
@THOROUGH
@given(data=broken_files(), kind=st.sampled_from(["image/png", "application/pdf", "odd"]))
def test_thousands_of_broken_files_are_answered(
    patient: httpx.Client, data: bytes, kind: str
) -> None:
    ask_about(patient, data, kind)


@pytest.mark.slow
@settings(THOROUGH, max_examples=20_000)
@given(body=BODIES | JSON)
def test_thousands_of_odd_chats_are_answered(patient: httpx.Client, body: Any) -> None:
    ask(patient, body)
