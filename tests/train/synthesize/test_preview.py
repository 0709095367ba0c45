from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from shuowen.train.synthesize.documents import make_document
from shuowen.train.synthesize.made import DocumentOptions
from shuowen.train.synthesize.preview import contact_sheet, html_page, preview, with_marks


def test_previews_are_written(tmp_path: Path) -> None:
    sheet, page = preview(tmp_path / "look", DocumentOptions(kind="form", dpi=70), range(3))
    with Image.open(sheet) as opened:
        assert opened.size[0] == 2400
    text = page.read_text(encoding="utf-8")
    document = make_document(1, DocumentOptions(kind="form", dpi=70))
    assert text.count("<img") == 3
    assert document.fields[0].key in text


def test_a_contact_sheet_holds_every_picture() -> None:
    pictures = [np.full((40, 90, 3), level, np.uint8) for level in (10, 20, 30, 40)]
    sheet = contact_sheet(pictures, width_px=300)
    assert sheet.shape == (88, 300, 3)
    for level in (10, 20, 30, 40):
        assert (sheet == level).all(axis=2).sum() == 40 * 90


def test_truth_is_shown_as_html_and_marks_are_drawn() -> None:
    table = make_document(2, DocumentOptions(kind="table", degradation=0.0))
    marked = with_marks(table)
    assert marked.shape == table.pixels.shape
    assert not np.array_equal(marked, table.pixels)
    assert table.html and table.html in html_page([table], [marked])
