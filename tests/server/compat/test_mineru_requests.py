"""Requests of MinerU's clients, taken apart."""

from __future__ import annotations

from typing import Any

import pytest

from shuowen.errors import FieldError
from shuowen.server.compat.mineru_requests import parse_request


def test_defaults() -> None:
    asked = parse_request({})
    assert asked.with_markdown and asked.with_tables
    assert not (asked.with_content_list or asked.with_middle_json or asked.with_pictures)
    assert (asked.options.pages, asked.options.text_layer) == ("", "auto")
    assert (asked.parse_method, asked.options.effort) == ("auto", "normal")


def test_what_open_webui_and_mineru_send_passes() -> None:
    parse_request(
        {
            "lang_list": ("ch", "en"),
            "backend": ("hybrid-auto-engine",),
            "parse_method": ("auto",),
            "formula_enable": ("true",),
            "table_enable": ("true",),
            "server_url": ("",),
            "return_md": ("true",),
            "return_model_output": ("false",),
            "start_page_id": ("0",),
            "end_page_id": ("99999",),
            "output_dir": ("./output",),
            "enable_ocr": ("True",),
            "model_version": ("pipeline",),
        }
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"start_page_id": ("1",), "end_page_id": ("2",)}, "2-3"),
        ({"start_page_id": ("3",)}, "4-100000"),
        ({"end_page_id": ("0",)}, "1-1"),
    ],
)
def test_pages_count_from_zero(values: dict[str, Any], expected: str) -> None:
    assert parse_request(values).options.pages == expected


def test_how_to_read() -> None:
    assert parse_request({"parse_method": ("txt",)}).options.text_layer == "always"
    assert parse_request({"parse_method": ("ocr",)}).options.text_layer == "never"
    assert parse_request({"effort": ("high",)}).options.effort == "max"
    assert not parse_request({"return_original_file": ("1",)}).with_original
    both = {"return_original_file": ("1",), "response_format_zip": ("1",)}
    assert parse_request(both).with_original


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"backend": ("vlm-http-client",)}, "backend"),
        ({"server_url": ("http://x",)}, "server_url"),
        ({"return_model_output": ("true",)}, "return_model_output"),
        ({"parse_method": ("guess",)}, "parse_method"),
        ({"effort": ("low",)}, "effort"),
        ({"start_page_id": ("-1",)}, "start_page_id"),
        ({"start_page_id": ("2",), "end_page_id": ("1",)}, "end_page_id"),
        ({"colour": ("red",)}, "colour"),
    ],
)
def test_what_is_refused_is_named(values: dict[str, Any], param: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse_request(values)
    assert caught.value.param == param
