"""What clients of docling-serve may wish."""

from __future__ import annotations

from typing import Any

import pytest

from shuowen.errors import FieldError
from shuowen.server.compat.docling_options import (
    OPTIONS,
    OPTIONS_TABLE,
    Wishes,
    check_target,
    wishes_from,
)
from tests.server.compat.docling_parts import ConvertDocumentsOptions

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_table_has_every_field_of_the_client() -> None:
    assert {each.name for each in OPTIONS} == set(ConvertDocumentsOptions.model_fields)


def test_the_clients_own_defaults_pass() -> None:
    defaults = ConvertDocumentsOptions().model_dump(mode="json")
    defaults["from_formats"] = ["pdf", "image"]
    OPTIONS_TABLE.check(defaults)
    assert wishes_from(defaults).options.pages == "1-999999999"


def test_without_options_there_is_markdown() -> None:
    wishes = wishes_from({})
    assert wishes == Wishes(options=wishes.options)
    assert (wishes.options.pages, wishes.options.text_layer) == ("", "auto")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"to_formats": ["json", "md", "json"]}, {"formats": ("json", "md")}),
        ({"to_formats": ("md", "text")}, {"formats": ("md", "text")}),
        ({"to_formats": ("md,html",)}, {"formats": ("md", "html")}),
        ({"to_formats": ('["md", "json"]',)}, {"formats": ("md", "json")}),
        ({"to_formats": "text"}, {"formats": ("text",)}),
        ({"image_export_mode": "embedded"}, {"with_pictures": True}),
        ({"image_export_mode": "embedded", "include_images": "False"}, {"with_pictures": False}),
        ({"do_table_structure": ("false",)}, {"with_tables": False}),
        ({"document_timeout": "2.5"}, {"seconds": 2.5}),
        ({"abort_on_error": True}, {"is_strict": True}),
        ({"md_page_break_placeholder": "\f"}, {"page_break": "\f"}),
        ({"from_formats": ["pdf"]}, {"kinds": ("pdf",)}),
    ],
)
def test_wishes(values: dict[str, Any], expected: dict[str, Any]) -> None:
    wishes = wishes_from(values)
    assert {name: getattr(wishes, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("values", "pages", "text_layer"),
    [
        ({"page_range": [2, 3]}, "2-3", "auto"),
        ({"page_range": ("2", "9223372036854775807")}, "2-999999999", "auto"),
        ({"page_range": ("[1, 1]",)}, "1-1", "auto"),
        ({"page_range": ("1,4",)}, "1-4", "auto"),
        ({"do_ocr": "False"}, "", "always"),
        ({"do_ocr": False, "force_ocr": True}, "", "never"),
    ],
)
def test_how_to_read(values: dict[str, Any], pages: str, text_layer: str) -> None:
    options = wishes_from(values).options
    assert (options.pages, options.text_layer) == (pages, text_layer)


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"to_formats": ["doctags"]}, "to_formats"),
        ({"to_formats": [1]}, "to_formats"),
        ({"image_export_mode": "referenced"}, "image_export_mode"),
        ({"page_range": [1]}, "page_range"),
        ({"page_range": [3, 2]}, "page_range"),
        ({"page_range": [0, 2]}, "page_range"),
        ({"page_range": ["a", "b"]}, "page_range"),
        ({"page_range": ("[" * 100_000,)}, "page_range"),
        ({"do_ocr": "perhaps"}, "do_ocr"),
        ({"document_timeout": 0}, "document_timeout"),
    ],
)
def test_nonsense_is_named(values: dict[str, Any], param: str) -> None:
    with pytest.raises(FieldError) as caught:
        wishes_from(values, "options.")
    assert caught.value.param == f"options.{param}"


@pytest.mark.parametrize(
    "values",
    [
        {"pipeline": "vlm"},
        {"do_picture_description": True},
        {"picture_description_api": {"url": "http://example.org"}},
        {"chunking_preset": "hybrid"},
        {"unheard_of": 1},
    ],
)
def test_what_is_not_there_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        OPTIONS_TABLE.check(values)


def test_targets() -> None:
    check_target("inbody", "target_type")
    check_target("zip", "target_type")
    with pytest.raises(FieldError, match="artifact storage to be configured"):
        check_target("presigned_url", "target_type")
    with pytest.raises(FieldError, match="not supported"):
        check_target("s3", "target.kind")
