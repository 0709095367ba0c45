from pathlib import Path

import pytest
from PIL import Image

from shuowen.errors import OutputError
from shuowen.evals.web_report.pictures import small_picture
from tests import made_files


def test_a_large_picture_becomes_a_small_jpeg(tmp_path: Path) -> None:
    Image.new("RGB", (4800, 2400), "red").save(tmp_path / "a.png")
    small = small_picture(tmp_path / "a.png", tmp_path / "out")
    assert small is not None
    assert (small.width, small.height) == (1200, 600)
    with Image.open(tmp_path / "out" / small.place) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 600))


def test_a_small_picture_keeps_its_size(tmp_path: Path) -> None:
    Image.new("RGB", (48, 24)).save(tmp_path / "a.png")
    small = small_picture(tmp_path / "a.png", tmp_path / "out")
    assert small is not None
    assert (small.width, small.height) == (48, 24)


def test_of_a_pdf_the_first_page_is_shown(tmp_path: Path) -> None:
    (tmp_path / "d.pdf").write_bytes(made_files.pdf_with_text("One", "Two"))
    small = small_picture(tmp_path / "d.pdf", tmp_path / "out")
    assert small is not None
    assert small.width == pytest.approx(400 / 72 * 200, abs=1)


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    Image.new("RGB", (48, 24)).save(tmp_path / "a.png")
    first = small_picture(tmp_path / "a.png", tmp_path / "out")
    assert first is not None
    made = tmp_path / "out" / first.place
    Image.new("RGB", (5, 5)).save(made)
    again = small_picture(tmp_path / "a.png", tmp_path / "out")
    assert again is not None
    assert (again.place, again.width) == (first.place, 5)


def test_of_a_broken_or_missing_file_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"torn")
    assert small_picture(tmp_path / "a.png", tmp_path / "out") is None
    assert small_picture(tmp_path / "nowhere.png", tmp_path / "out") is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (48, 24)).save(tmp_path / "a.png")
    with pytest.raises(OutputError):
        small_picture(tmp_path / "a.png", tmp_path / "a.png")
