"""Requests of docling-serve's clients, taken apart."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import pytest
from starlette.datastructures import UploadFile

from shuowen.config import Limits
from shuowen.errors import FetchError, FieldError, NotFoundError
from shuowen.server.compat.bodies import Form
from shuowen.server.compat.docling_requests import (
    bring_now,
    form_order,
    json_order,
    kept_order,
)
from tests.server.compat.made import base64

LIMITS = Limits(max_bytes=1000)


def form(*names: str, **values: tuple[str, ...]) -> Form:
    files = tuple(UploadFile(io.BytesIO(b"content"), filename=name) for name in names)
    return Form(values=values, files=files)


def json_of(**source: Any) -> dict[str, Any]:
    return {"sources": [source]}


def test_a_form() -> None:
    order = form_order(form("a/b.pdf", "", to_formats=("md",)), "me", bring_now)
    assert [each.name for each in order.sources] == ["b.pdf", "document"]
    assert order.sources[0].bring().data == b"content"
    assert (order.owner, order.is_packed) == ("me", False)
    assert form_order(form("a", target_type=("zip",)), "me", bring_now).is_packed


def test_a_form_that_is_kept_outlives_its_files() -> None:
    given = form("a.pdf")
    kept = kept_order(partial(form_order, given, "me"))
    given.files[0].file.close()
    assert kept.order.sources[0].bring().data == b"content"
    kept.close()
    with pytest.raises(NotFoundError):
        kept.order.sources[0].bring()


def test_json_that_is_kept_outlives_its_request() -> None:
    body = {"sources": [{"base64_string": base64(b"content"), "filename": "a.pdf"}]}
    kept = kept_order(partial(json_order, body, "me", LIMITS))
    assert kept.order.sources[0].bring().data == b"content"
    kept.close()
    with pytest.raises(NotFoundError):
        kept.order.sources[0].bring()


def test_a_form_that_is_refused_keeps_nothing() -> None:
    with pytest.raises(FieldError):
        kept_order(partial(form_order, form("a.pdf", do_ocr=("perhaps",)), "me"))


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (form(), "files"),
        (form("a", target_type=("s3",)), "target_type"),
        (form("a", callbacks=("http://example.org",)), "callbacks"),
        (form("a", colour=("red",)), "colour"),
    ],
)
def test_forms_that_are_refused(given: Form, param: str) -> None:
    with pytest.raises(FieldError) as caught:
        form_order(given, "me", bring_now)
    assert caught.value.param == param


def test_json() -> None:
    body = {
        "sources": [
            {"kind": "file", "base64_string": base64(b"x"), "filename": "a.pdf"},
            {"kind": "http", "url": "http://127.0.0.1:1/dir/b.pdf?q=1", "headers": {}},
        ],
        "options": {"to_formats": ["json"]},
        "target": {"kind": "zip"},
        "callbacks": [],
    }
    order = json_order(body, "me", LIMITS, bring_now)
    assert [each.name for each in order.sources] == ["a.pdf", "b.pdf"]
    assert order.sources[0].bring().data == b"x"
    with pytest.raises(FetchError, match="not an address of the public internet"):
        order.sources[1].bring()
    assert order.is_packed and order.wishes.formats == ("json",)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "sources"),
        ({"sources": []}, "sources"),
        ({"sources": ["x"] * 65}, "sources"),
        ({"sources": ["x"]}, "sources[0]"),
        (json_of(kind="s3"), "sources[0].kind"),
        (json_of(kind="file", base64_string="!"), "sources[0].base64_string"),
        (json_of(kind="file", base64_string=1), "sources[0].base64_string"),
        (json_of(kind="http", url="http://x", headers={"A": "b"}), "sources[0].headers"),
        (json_of(url="http://x", colour=1), "sources[0].colour"),
        ({**json_of(url="http://x"), "options": {"colour": 1}}, "options.colour"),
        ({**json_of(url="http://x"), "options": []}, "options"),
        ({**json_of(url="http://x"), "target": {"kind": "put"}}, "target.kind"),
        ({**json_of(url="http://x"), "target": {"kind": "zip", "url": 1}}, "target.url"),
        ({**json_of(url="http://x"), "callbacks": ["y"]}, "callbacks"),
    ],
)
def test_json_that_is_refused(body: dict[str, Any], param: str) -> None:
    with pytest.raises(FieldError) as caught:
        json_order(body, "me", LIMITS, bring_now)
    assert caught.value.param == param


@pytest.mark.parametrize("url", ["", "/etc/passwd", "file:///etc/passwd", "http://[", "data:,x"])
def test_only_http_is_downloaded(url: str) -> None:
    order = json_order(json_of(kind="http", url=url), "me", LIMITS, bring_now)
    with pytest.raises((FieldError, FetchError)):
        order.sources[0].bring()
