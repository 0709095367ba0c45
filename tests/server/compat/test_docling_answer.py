"""Conversions as docling's own client reads them."""

from __future__ import annotations

import io
import json
import zipfile

import msgspec
import pytest

from shuowen.config import ReadOptions
from shuowen.document.model import Notice
from shuowen.errors import InputError
from shuowen.server.compat.docling_answer import Conversion, inline_answer, zip_answer
from shuowen.server.compat.docling_options import FORMATS, Wishes
from shuowen.server.compat.figures import Picture
from tests.server.compat.docling_parts import ConversionStatus, ConvertDocumentResponse
from tests.server.compat.made import FULL, FULL_PAGE, document

ALL = Wishes(options=ReadOptions(), formats=FORMATS)
PICTURES = {"figure-700": Picture(jpeg=b"\xff\xd8\xff", width=8, height=8)}
BROKEN = Conversion(name="b.pdf", error=InputError("b.pdf is broken.", "Mend it."))


def answer(conversion: Conversion, wishes: Wishes = ALL) -> ConvertDocumentResponse:
    return ConvertDocumentResponse.model_validate_json(inline_answer(conversion, wishes))


def test_a_document_with_a_failed_page() -> None:
    found = answer(Conversion(name="a.pdf", document=FULL, seconds=1.5))
    assert found.status is ConversionStatus.PARTIAL_SUCCESS
    assert [(error.page_no, error.error_message) for error in found.errors] == [
        (2, "The page is broken. Print it again.")
    ]
    assert found.processing_time == 1.5
    contents = found.document
    assert contents.filename == "a.pdf"
    assert contents.md_content and contents.md_content.startswith("# Main title")
    assert "<!-- image -->\n\nWords inside" in contents.md_content
    assert contents.html_content and contents.html_content.startswith("<!DOCTYPE html>")
    assert contents.text_content and "Running head" in contents.text_content
    assert contents.json_content is not None and contents.json_content.pages[2].size.width == 0
    assert found.confidence is not None and found.confidence.ocr_score == 0.9
    assert found.confidence.pages is not None
    assert found.confidence.pages[1].mean_grade.value == "excellent"


def test_only_what_is_wanted_is_given() -> None:
    contents = answer(
        Conversion(name="a.pdf", document=FULL), Wishes(options=ReadOptions())
    ).document
    assert contents.md_content and contents.json_content is contents.html_content is None


def test_page_breaks_stand_between_pages_that_say_something() -> None:
    blank = msgspec.structs.replace(FULL_PAGE, regions=())
    wishes = Wishes(options=ReadOptions(), page_break="\f")
    content = answer(Conversion(name="a", document=document(FULL_PAGE, blank, FULL_PAGE)), wishes)
    text = content.document.md_content
    assert text is not None
    assert text.count("\f") == 1 and "\n\n\f\n\n# Main title" in text


def test_embedded_pictures() -> None:
    found = answer(Conversion(name="a", document=FULL, pictures=PICTURES))
    assert f"![Image]({PICTURES['figure-700'].data_url()})" in (found.document.md_content or "")
    assert found.document.json_content is not None
    assert found.document.json_content.pictures[0].image is not None


@pytest.mark.parametrize(
    ("conversion", "status", "message"),
    [
        (BROKEN, "failure", "b.pdf is broken. Mend it."),
        (Conversion(name="c", error=InputError("No."), is_skipped=True), "skipped", "No."),
    ],
)
def test_what_was_not_read_is_told(conversion: Conversion, status: str, message: str) -> None:
    found = answer(conversion)
    assert found.status.value == status
    assert [error.error_message for error in found.errors] == [message]
    assert found.document.md_content is None and found.document.json_content is None


def test_a_strict_client_gets_nothing_of_a_document_with_a_failed_page() -> None:
    strict = Wishes(options=ReadOptions(), is_strict=True)
    found = answer(Conversion(name="a", document=FULL), strict)
    assert found.status is ConversionStatus.FAILURE
    assert found.document.md_content is None and found.errors


def test_notices_of_the_document_are_told() -> None:
    late = msgspec.structs.replace(
        document(FULL_PAGE), status="partial", notices=(Notice(code="x", message="Time was up."),)
    )
    found = answer(Conversion(name="a", document=late))
    assert found.status is ConversionStatus.PARTIAL_SUCCESS
    assert found.errors[0].error_message == "Time was up."


def test_several_documents_come_in_an_archive() -> None:
    conversions = [
        Conversion(name="a.pdf", document=document(FULL_PAGE)),
        Conversion(name="A.png", document=document(FULL_PAGE)),
        Conversion(name="../../errors.pdf", document=document(FULL_PAGE)),
        BROKEN,
    ]
    with zipfile.ZipFile(io.BytesIO(zip_answer(conversions, ALL))) as archive:
        names = set(archive.namelist())
        stems = ("a", "A-2", "errors-2")
        suffixes = ("md", "json", "html", "txt")
        assert names == {f"{stem}.{end}" for stem in stems for end in suffixes} | {"errors.json"}
        reports = json.loads(archive.read("errors.json"))
        assert json.loads(archive.read("a.json"))["schema_name"] == "DoclingDocument"
    assert [report["status"] for report in reports] == ["success"] * 3 + ["failure"]
    assert reports[3]["errors"][0]["error_message"] == "b.pdf is broken. Mend it."


def test_an_archive_of_what_went_well_tells_of_no_errors() -> None:
    archive = zip_answer([Conversion(name="a.pdf", document=document(FULL_PAGE))], ALL)
    assert "errors.json" not in zipfile.ZipFile(io.BytesIO(archive)).namelist()
