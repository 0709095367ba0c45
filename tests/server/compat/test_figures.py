"""Figures cut out of real pictures, upright, and no larger than an answer may be."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Box, Document, Page, Region, Repair
from shuowen.errors import CapacityError, TooLargeError
from shuowen.server.compat import figures
from shuowen.server.compat.figures import encoded, figure_pictures, page_pixels
from shuowen.source.model import Source
from shuowen.source.stop import Stop
from tests.server.compat.made import FAILED_PAGE, document

RED = Box(20, 10, 80, 40)


def source() -> Source:
    """A white picture of 200 x 100 with a red box that is green at its top."""
    picture = Image.new("RGB", (200, 100), "white")
    picture.paste("red", (20, 10, 80, 40))
    picture.paste("lime", (20, 10, 80, 20))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return Source(name="a.png", data=stream.getvalue())


def with_figures(*boxes: Box, **page: Any) -> Document:
    regions = tuple(
        Region(id=f"f{n}", kind="figure", box=box, text="") for n, box in enumerate(boxes)
    )
    return document(
        Page(page_number=1, status="ok", width_px=200, height_px=100, regions=regions, **page)
    )


def cut(of: Document, **more: Any) -> dict[str, figures.Picture]:
    return figure_pictures(source(), ReadOptions(), Limits(), of, **more)


def pixels(picture: figures.Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.jpeg)))


def test_a_figure_is_what_its_box_covers() -> None:
    picture = cut(with_figures(RED))["f0"]
    assert (picture.width, picture.height) == (60, 30)
    found = pixels(picture)
    assert found[25, 30, 0] > 200 > 50 > found[25, 30, 1]
    assert found[4, 30, 1] > 200 > 50 > found[4, 30, 0]
    assert picture.data_url() == f"data:image/jpeg;base64,{picture.base64()}"


def test_a_page_that_lay_on_its_side_gives_upright_figures() -> None:
    picture = cut(with_figures(RED, repair=Repair(rotation_degrees=90)))["f0"]
    assert (picture.width, picture.height) == (30, 60)
    assert pixels(picture)[30, 4, 1] > 200  # turned counter-clockwise: the top is at the left


def test_boxes_beyond_the_edge_are_cut_and_empty_ones_left_out() -> None:
    found = cut(with_figures(Box(-10, -10, 30, 30), Box(300, 10, 400, 20), Box(5, 5, 5, 9)))
    assert (found["f0"].width, found["f0"].height) == (30, 30)
    assert set(found) == {"f0"}


def test_only_wanted_figures_are_cut() -> None:
    found = cut(with_figures(RED, RED), wanted=lambda region: region.id == "f1")
    assert set(found) == {"f1"}
    assert cut(with_figures(RED), wanted=lambda region: False) == {}


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MAX_PICTURE_BYTES", 100)
    with pytest.raises(TooLargeError, match="fewer pages"):
        cut(with_figures(RED))


def test_failed_pages_have_no_picture() -> None:
    page = with_figures(RED).pages[0]
    failed = msgspec.structs.replace(FAILED_PAGE, page_number=1)
    given = list(page_pixels(source(), ReadOptions(pages="9"), Limits(), (failed, page)))
    assert [each.status for each, _ in given] == ["ok"]
    assert given[0][1].shape == (100, 200, 3)
    assert encoded(given[0][1]).width == 200


def test_nothing_is_drawn_for_who_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Stop()
    stopped.set()
    monkeypatch.setattr(figures, "stop_of_thread", lambda: stopped)
    with pytest.raises(CapacityError, match="broken off"):
        cut(with_figures(RED))
