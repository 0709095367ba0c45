"""Requests of Mistral's clients, taken apart."""

from __future__ import annotations

from typing import Any

import pytest
from mistralai.client.models import OCRRequest

from shuowen.errors import FieldError
from shuowen.server.compat.mistral_pages import PageWishes
from shuowen.server.compat.mistral_requests import REQUEST_TABLE, Place, ocr_request

URL = {"type": "document_url", "document_url": "http://x"}


def asked(**more: Any) -> dict[str, Any]:
    return {"model": "mistral-ocr-latest", "document": URL, **more}


def test_the_table_has_every_field_of_the_client() -> None:
    assert set(OCRRequest.model_fields) | {"id"} == {each.name for each in REQUEST_TABLE.fields}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (URL, Place(name="", address="http://x")),
        ({"document_url": "data:,x", "document_name": "a"}, Place(name="a", address="data:,x")),
        ({"type": "image_url", "image_url": "http://y"}, Place(name="", address="http://y")),
        ({"image_url": {"url": "http://y", "detail": "low"}}, Place(name="", address="http://y")),
        ({"type": "file", "file_id": "f"}, Place(name="", file_id="f")),
    ],
)
def test_where_the_document_is(document: dict[str, Any], place: Place) -> None:
    assert ocr_request(asked(document=document)).place == place


@pytest.mark.parametrize(
    ("pages", "ranges"),
    [
        (None, ""),
        ([0, 2], "1,3"),
        ("0,2-4", "1,3-5"),
        ("1", "2"),
        ([0, "2-3"], "1,3-4"),
        (7, "8"),
    ],
)
def test_pages_count_from_zero(pages: Any, ranges: str) -> None:
    assert ocr_request(asked(pages=pages)).options.pages == ranges


def test_wishes() -> None:
    assert ocr_request(asked()).wishes == PageWishes()
    nothing = dict.fromkeys(("image_limit", "image_min_size", "table_format", "pages"))
    assert ocr_request(asked(**nothing)).wishes == PageWishes()
    everything = ocr_request(
        asked(
            include_image_base64=True,
            image_limit=3,
            image_min_size=20,
            table_format="html",
            extract_header=True,
            extract_footer=True,
            include_blocks=True,
            confidence_scores_granularity="word",
            bbox_annotation_format=None,
        )
    )
    assert everything.wishes == PageWishes(
        with_pictures=True,
        max_pictures=3,
        min_picture_px=20,
        table_format="html",
        header_apart=True,
        footer_apart=True,
        with_blocks=True,
        scores="word",
    )


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"document": None}, "document"),
        ({"document": "http://x"}, "document"),
        ({"document": {}}, "document"),
        ({"document": {"type": "file", "document_url": "x"}}, "document"),
        ({"document": {"file_id": "a", "document_url": "x"}}, "document"),
        ({"document": {"type": "video", "document_url": "x"}}, "document.type"),
        ({"document": {**URL, "colour": 1}}, "document.colour"),
        ({"document": {"image_url": {"url": "x", "size": 1}}}, "document.image_url.size"),
        ({"document": {"image_url": {"url": 1}}}, "document.image_url.url"),
        ({"document": {"image_url": 1}}, "document.image_url"),
        ({"pages": [-1]}, "pages"),
        ({"pages": "a"}, "pages"),
        ({"pages": "1-"}, "pages"),
        ({"pages": "4-2"}, "pages"),
        ({"pages": []}, "pages"),
        ({"pages": [True]}, "pages"),
        ({"pages": [[0]]}, "pages"),
        ({"pages": "9" * 30}, "pages"),
        ({"image_limit": -2}, "image_limit"),
        ({"table_format": "latex"}, "table_format"),
        ({"confidence_scores_granularity": "token"}, "confidence_scores_granularity"),
        ({"document_annotation_format": {"type": "json_schema"}}, "document_annotation_format"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_refused_is_named(more: dict[str, Any], param: str) -> None:
    with pytest.raises(FieldError) as caught:
        ocr_request(asked(**more))
    assert caught.value.param == param
