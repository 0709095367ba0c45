from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shuowen.config import Limits, ReadOptions
from shuowen.errors import InputError
from shuowen.image.open import open_pages
from shuowen.source.model import Source
from tests.image.pdf_maker import PdfMaker, text

OPTIONS = ReadOptions(dpi=72)


def file_source(path: Path) -> Source:
    return Source(name=path.name, path=path)


def test_a_pdf_opens_as_its_pages(tmp_path: Path) -> None:
    maker = PdfMaker()
    maker.page(text(20, 300, "One"))
    maker.page(text(20, 300, "Two"))
    path = tmp_path / "wrongly_named.png"
    path.write_bytes(maker.build())
    with open_pages(file_source(path), OPTIONS, Limits()) as pages:
        assert (pages.media_type, pages.num_pages) == ("application/pdf", 2)
        second = pages.load(1)
    assert (second.page_index, second.dpi) == (1, 72)
    assert [line.text for line in second.text_lines] == ["Two"]


def test_a_picture_file_opens_as_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "fax.tiff"
    frames = [Image.new("L", (30 + n, 20), 100 * n) for n in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with open_pages(file_source(path), OPTIONS, Limits()) as pages:
        assert (pages.media_type, pages.num_pages) == ("image/tiff", 3)
        last = pages.load(2)
    assert (last.page_index, last.dpi, last.text_lines) == (2, None, ())
    assert np.array_equal(last.pixels, np.full((20, 32, 3), 200, np.uint8))


@pytest.mark.parametrize("data", [b"", b"plain text"])
def test_what_is_no_document_is_refused_by_name(data: bytes) -> None:
    source = Source(name="note.txt", data=data)
    with pytest.raises(InputError, match=r"^note\.txt"), open_pages(source, OPTIONS, Limits()):
        pass


def test_the_file_is_closed_after_an_error_within(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    Image.new("L", (30, 20)).save(path)
    opened = open_pages(file_source(path), OPTIONS, Limits())
    with pytest.raises(RuntimeError, match="within"), opened as pages:
        raise RuntimeError("within")
    with pytest.raises((InputError, ValueError)):
        pages.load(0)
