"""Whatever is sent, the answer is an answer: never a 500, always one that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuowen.server.compat.docling_options import OPTIONS
from shuowen.server.compat.mineru_requests import TABLE as MINERU
from shuowen.server.compat.mistral_requests import DOCUMENT_TABLE, REQUEST_TABLE
from shuowen.server.compat.paddleocr import TABLE as PADDLEOCR
from tests.server.conftest import RunningServer

LIMITS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def names(*tables: Any) -> st.SearchStrategy[str]:
    return st.sampled_from([each.name for table in tables for each in table.fields]) | TEXT


def with_fields(*tables: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names(*tables), VALUE, max_size=5)


OCR = with_fields(REQUEST_TABLE).flatmap(
    lambda body: (
        st.just(body)
        | with_fields(DOCUMENT_TABLE).map(lambda document: {**body, "document": document})
    )
)
CONVERT = st.fixed_dictionaries(
    {"sources": VALUE | st.lists(st.dictionaries(TEXT, VALUE, max_size=3), max_size=2)},
    optional={
        "options": st.dictionaries(st.sampled_from([each.name for each in OPTIONS]), VALUE),
        "target": VALUE,
        "callbacks": VALUE,
    },
)
BODIES = {
    "/v1/ocr": OCR,
    "/layout-parsing": with_fields(PADDLEOCR),
    "/v1/convert/source": CONVERT,
    "/v1/convert/source/async": CONVERT,
}


def check(answer: httpx.Response) -> None:
    assert answer.status_code in (200, 400, 413, 422), answer.text
    if answer.status_code != 200:
        error = answer.json()["error"]
        assert error["message"] and error["type"] == "invalid_request_error"


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as made:
        yield made


@pytest.mark.parametrize("path", BODIES)
@LIMITS
@given(data=st.data())
def test_json(client: httpx.Client, path: str, data: st.DataObject) -> None:
    check(client.post(path, json=data.draw(BODIES[path])))


@pytest.mark.parametrize("path", ["/v1/convert/file", "/file_parse", "/v1/files"])
@LIMITS
@given(
    fields=st.dictionaries(names(MINERU) | st.sampled_from([o.name for o in OPTIONS]), TEXT),
    name=TEXT,
    content=st.binary(max_size=20),
)
def test_forms(
    client: httpx.Client, path: str, fields: dict[str, str], name: str, content: bytes
) -> None:
    field = "file" if path == "/v1/files" else "files"
    fields.pop("files", None)
    sent = {field: (name or "a", content)}
    check(client.post(path, data=fields, files=sent))


@pytest.mark.parametrize("path", ["/process", "/tika/text"])
@LIMITS
@given(content=st.binary(max_size=60), kind=TEXT, name=TEXT)
def test_raw_bodies(client: httpx.Client, path: str, content: bytes, kind: str, name: str) -> None:
    headers = {
        b"Content-Type": kind.encode("latin-1", "ignore").translate(None, b"\r\n\0"),
        b"X-Filename": name.encode("latin-1", "ignore").translate(None, b"\r\n\0"),
    }
    try:
        answer = client.put(path, content=content, headers=headers)
    except httpx.LocalProtocolError:
        return  # no header at all
    check(answer)
