"""Whole sources: pages in order, one bad page costing only itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import shuowen
from shuowen.config import ReadOptions
from shuowen.errors import InputError, UsageError
from shuowen.image.page import PageImage
from shuowen.reading.read import read, read_pages
from tests import made_files

FAST = ReadOptions(effort="fast")


def texts(document: shuowen.Document) -> list[str]:
    return [" ".join(region.text for region in page.regions) for page in document.pages]


def test_a_document_is_read_from_a_path_and_from_bytes(tmp_path: Path) -> None:
    data = made_files.scanned_pdf("Page one", "Page two", "Page three")
    path = tmp_path / "three.pdf"
    path.write_bytes(data)
    document = shuowen.read(path, options=FAST)
    assert texts(document) == ["Page one", "Page two", "Page three"]
    assert [page.page_number for page in document.pages] == [1, 2, 3]
    assert (document.status, document.num_pages) == ("ok", 3)
    assert document.source.name == str(path)
    assert document.source.media_type == "application/pdf"
    assert texts(shuowen.read(data, options=FAST)) == texts(document)
    assert texts(shuowen.read(str(path), options=ReadOptions(pages="2-", effort="fast"))) == [
        "Page two",
        "Page three",
    ]


def test_a_broken_page_among_good_ones_costs_only_itself() -> None:
    document = read(made_files.pdf_with_text("Digital one", None, "Digital three"), options=FAST)
    assert [page.status for page in document.pages] == ["ok", "failed", "ok"]
    assert document.status == "partial"
    assert document.pages[1].error is not None
    assert document.pages[1].error.code == "input"
    assert texts(document) == ["Digital one", "", "Digital three"]


class Exploding:
    """A source whose second page hits a bug."""

    media_type = "image/png"
    num_pages = 3

    def load(self, page_index: int) -> PageImage:
        if page_index == 1:
            raise RuntimeError("boom")
        pixels = np.asarray(made_files.picture(f"Page {page_index}"))
        return PageImage(page_index=page_index, pixels=pixels)

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_bug_on_a_page_is_reported_on_that_page() -> None:
    source = Exploding()
    found = [each.page for each in read_pages(((source, n) for n in range(3)), FAST, jobs=2)]
    assert [page.status for page in found] == ["ok", "failed", "ok"]
    assert found[1].error is not None
    assert found[1].error.code == "internal"
    assert "boom" in found[1].error.message


def test_few_pages_are_in_memory_at_once() -> None:
    loaded: list[int] = []

    class Counting(Exploding):
        def load(self, page_index: int) -> PageImage:
            loaded.append(page_index)
            return super().load(0)

    source = Counting()
    stream = read_pages(((source, n) for n in range(50)), FAST, jobs=2)
    assert next(stream).page.status == "ok"
    assert len(loaded) <= 4
    stream.close()
    assert len(loaded) <= 5


def test_a_source_that_cannot_be_read_raises(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read(tmp_path / "missing.pdf")
    with pytest.raises(InputError):
        read(b"not a picture")
    (tmp_path / "a.png").write_bytes(made_files.png("a"))
    (tmp_path / "b.png").write_bytes(made_files.png("b"))
    with pytest.raises(UsageError, match="several documents"):
        read(tmp_path)
