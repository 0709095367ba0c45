"""MinerU's answers, as JSON and as an archive."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

from shuowen.server.compat.figures import Picture
from shuowen.server.compat.mineru_files import Parsed, as_json, as_zip, unique_stems
from shuowen.server.compat.mineru_requests import parse_request
from tests.server.compat.made import FULL

PICTURES = {"figure-700": Picture(jpeg=b"\xff\xd8\xff", width=8, height=8)}
GOOD = Parsed(stem="a", name="a.pdf", document=FULL, pictures=PICTURES, original=b"%PDF-")
BAD = Parsed(stem="b", name="b.pdf", error="b.pdf is broken.")
ALL = replace(
    parse_request({}),
    with_content_list=True,
    with_middle_json=True,
    with_pictures=True,
    with_original=True,
)


def results(*parsed: Parsed, **more: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(as_json(parsed, replace(ALL, **more)))
    assert value["backend"] == "shuowen" and value["version"]
    return dict(value["results"])


def test_names_without_suffix_no_two_alike() -> None:
    names = ["a.pdf", "A.png", "a-2.tif", "../x/..", "con.pdf", ""]
    assert unique_stems(names) == ["a", "A-2", "a-2-2", "document", "_con", "document-2"]


def test_everything() -> None:
    found = results(GOOD, BAD)
    assert found["b"] == {"md_content": "", "error": "b.pdf is broken."}
    good = found["a"]
    assert good["md_content"].startswith("# Main title")
    assert "![](images/figure-700.jpg)" in good["md_content"]
    assert "> Page 2 could not be read" in good["md_content"]
    assert "<!-- page" not in good["md_content"]
    figures = [each for each in json.loads(good["content_list"]) if each["type"] == "image"]
    assert [each["img_path"] for each in figures] == ["images/figure-700.jpg", ""]
    assert json.loads(good["middle_json"])["_backend"] == "pipeline"
    assert good["images"] == {"figure-700.jpg": PICTURES["figure-700"].data_url()}


def test_only_what_is_wanted() -> None:
    nothing = {"with_content_list": False, "with_middle_json": False, "with_pictures": False}
    assert set(results(GOOD, **nothing)["a"]) == {"md_content"}
    assert results(GOOD, with_markdown=False, **nothing)["a"] == {}


def test_an_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(as_zip([GOOD, BAD], ALL))) as archive:
        assert set(archive.namelist()) == {
            "a/auto/a.md",
            "a/auto/a_middle.json",
            "a/auto/a_content_list.json",
            "a/auto/images/figure-700.jpg",
            "a/auto/a_origin.pdf",
            "b/auto/b_error.txt",
        }
        assert archive.read("a/auto/images/figure-700.jpg") == b"\xff\xd8\xff"
        assert archive.read("a/auto/a_origin.pdf") == b"%PDF-"
        assert archive.read("b/auto/b_error.txt") == b"b.pdf is broken."
