from pathlib import Path

import pytest
from PIL import Image

from shuowen.errors import InputError
from shuowen.evals.peers.pictures import count_pages, page_pictures, page_pixels
from tests import made_files


def test_pictures_that_all_open_are_handed_on(tmp_path: Path) -> None:
    for name in ("a.PNG", "b.jpg", "c.jpeg"):
        with page_pictures(tmp_path / name) as pictures:
            assert pictures == [tmp_path / name]


def test_other_pictures_become_png_for_as_long_as_they_are_needed(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])
    assert count_pages(tmp_path / "a.tiff") == 2
    with page_pictures(tmp_path / "a.tiff") as pictures:
        colours = []
        for path in pictures:
            with Image.open(path) as picture:
                assert (picture.format, picture.size) == ("PNG", (8, 6))
                colours.append(picture.getpixel((0, 0)))
    assert colours == [(255, 0, 0), (0, 0, 255)]
    assert not any(path.exists() for path in pictures)


def test_pages_of_a_pdf_are_drawn_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "d.pdf").write_bytes(made_files.pdf_with_text("One", "Two"))
    pages = page_pixels(tmp_path / "d.pdf")
    first = next(pages)
    assert first.shape[2] == 3
    pages.close()
    assert count_pages(tmp_path / "d.pdf") == 2


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tiff").write_bytes(b"none")
    with pytest.raises(InputError), page_pictures(tmp_path / "a.tiff"):
        pass
    with pytest.raises(InputError):
        count_pages(tmp_path / "nowhere.pdf")
