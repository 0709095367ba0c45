import json
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from shuowen.errors import InputError
from shuowen.train.synthesize.alphabet import alphabet, alphabet_by_kind
from shuowen.train.synthesize.fonts import (
    CATALOGUE_PATH,
    Font,
    characters_in,
    fonts_for,
    fonts_in,
    opened,
    shipped_fonts,
)

FOLDER = CATALOGUE_PATH.parent
BANNED = ("Zhi Mang", "Liu Jian", "Long Cang", "Ma Shan", "芒星", "流江")
"""Designs of the handwriting that models are evaluated on."""


@pytest.mark.parametrize("font", shipped_fonts(), ids=lambda font: font.name)
def test_the_catalogue_says_what_a_font_can_draw(font: Font) -> None:
    assert font.characters == characters_in(font.path)
    face = opened(font.path, 24)
    for one in sorted(font.characters - {" "}):
        assert face.getmask(one).getbbox(), one


def test_every_part_has_printed_and_handwritten_fonts_of_both_scripts() -> None:
    kinds = [(font.split, font.kind, font.script) for font in shipped_fonts()]
    assert kinds.count(("held_out", "printed", "zh")) >= 2
    assert kinds.count(("held_out", "handwriting", "zh")) >= 1
    assert sum(split == "held_out" and script == "latin" for split, _, script in kinds) >= 2
    hanzi = set(alphabet_by_kind()["hanzi"])
    for split in ("train", "held_out"):
        for kind in ("printed", "handwriting"):
            fonts = [one for one in shipped_fonts() if (one.split, one.kind) == (split, kind)]
            drawn = set().union(*(font.characters for font in fonts))
            assert len(hanzi - drawn) <= 2, (split, kind)


def test_held_out_fonts_are_other_designs() -> None:
    by_split = {
        split: {font.family.split()[0] for font in shipped_fonts() if font.split == split}
        for split in ("train", "held_out")
    }
    assert by_split["train"] & by_split["held_out"] == {"ZCOOL"}  # one foundry, several designs
    families = [font.family for font in shipped_fonts()]
    assert len(families) == len(set(families))


def test_licences_are_open_and_beside_the_fonts() -> None:
    licences = {font.licence for font in shipped_fonts()}
    assert licences == {"OFL-1.1", "Apache-2.0", "Bitstream-Vera"}
    for licence in licences:
        assert len((FOLDER / f"{licence}.txt").read_text("utf-8")) > 2000
    notice = (FOLDER / "NOTICE.txt").read_text("utf-8")
    for font in shipped_fonts():
        assert f"{font.path.name} ({font.licence}): " in notice
        assert font.source.split(":")[0] in ("deb", "npm")
        assert not any(word in font.family for word in BANNED)


def test_reserved_names_are_not_used() -> None:
    for font in shipped_fonts():
        names = TTFont(BytesIO(font.path.read_bytes()), lazy=True)["name"]
        assert names.getDebugName(1).startswith("Shuowen Made ")
        assert names.getDebugName(4).startswith("Shuowen Made ")
        assert names.getDebugName(0)


def test_the_fonts_are_small_and_all_in_the_catalogue() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix in (".ttf", ".otf")}
    rows = json.loads(CATALOGUE_PATH.read_text("utf-8"))
    assert files == {row["file"] for row in rows}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4_500_000


def test_only_fonts_with_all_glyphs_are_offered() -> None:
    fonts = fonts_for("abc", shipped_fonts(), kind="printed", split="train")
    assert {font.script for font in fonts} == {"zh", "latin"}
    fonts = fonts_for("合计", shipped_fonts(), kind="handwriting", split="train")
    assert fonts
    assert all(font.covers("合计") for font in fonts)
    assert "seto" not in [font.name for font in fonts]  # it maps 计 to an empty glyph


def test_fonts_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.ttf").write_bytes((FOLDER / "seto.ttf").read_bytes())
    (tmp_path / "a.ttf").write_bytes((FOLDER / "arimo.ttf").read_bytes())
    (tmp_path / "readme.txt").write_text("no font")
    latin, chinese = fonts_in(tmp_path, kind="handwriting")
    assert (latin.name, latin.script, chinese.script) == ("a", "latin", "zh")
    assert {latin.kind, chinese.kind} == {"handwriting"}
    assert latin.covers("Total 12.50")
    assert not latin.covers("合计")
    assert not chinese.covers("合计")
    assert chinese.characters < set(alphabet())


def test_a_damaged_font_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "bad.ttf").write_bytes(b"\0\1\0\0 nothing")
    with pytest.raises(InputError, match=r"bad\.ttf is no font"):
        fonts_in(tmp_path)
