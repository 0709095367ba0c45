from pathlib import Path

import pytest

from shuowen.errors import InputError
from shuowen.evals.formats.pictures import Pictures


def test_places_are_looked_at_in_order(tmp_path: Path) -> None:
    (tmp_path / "images" / "x").mkdir(parents=True)
    (tmp_path / "images" / "x" / "a.png").touch()
    pictures = Pictures(tmp_path, (".", "images"))
    assert pictures.find("x/a.png", "here") == tmp_path / "images" / "x" / "a.png"
    (tmp_path / "a.png").touch()
    assert pictures.find("y/a.png", "here", "a.png") == tmp_path / "a.png"
    pictures.require_all()


def test_what_is_missing_is_named_together(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    for number in range(7):
        pictures.find(f"{number}.png", "here")
    pictures.find("0.png", "here")
    with pytest.raises(InputError, match=r"0\.png, 1\.png, .*4\.png and 2 more"):
        pictures.require_all()
