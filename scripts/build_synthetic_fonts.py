"""Builds the small fonts in `src/shuowen/train/synthesize/data/fonts/` from packages.

    python -m scripts.build_synthetic_fonts --packages FOLDER [--out FOLDER]

FOLDER holds the packages of `synthetic_fonts.json`; missing ones are downloaded into it. A font
keeps the glyphs of the alphabet, no hinting and no layout rules; its name is changed, because some
licences reserve it for the unchanged font. The same packages give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

from scripts.language_packages import Package
from shuowen.train.synthesize.alphabet import alphabet
from shuowen.train.synthesize.fonts import CATALOGUE_PATH, characters_in

LIST_PATH = Path(__file__).with_name("synthetic_fonts.json")
NOTICE_NAME = "NOTICE.txt"
DROPPED_TABLES = [
    *("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "kern", "MATH", "STAT", "meta"),
    *("DSIG", "FFTM", "gasp", "EBDT", "EBLC", "EBSC", "PfEd", "LTSH", "VDMX", "mort", "morx"),
]
LICENCE_TEXTS = {
    "OFL-1.1": ("@fontsource/caveat", "LICENSE", "This Font Software"),
    "Apache-2.0": ("@fontsource/homemade-apple", "LICENSE", " "),
    "Bitstream-Vera": ("fonts-dejavu-core", "copyright", ""),
}
"""Of each licence a package with its text, the file, and how the text begins."""
COPYRIGHT, FAMILY, STYLE, UNIQUE, FULL, POSTSCRIPT = 0, 1, 2, 3, 4, 6
LICENCE, LICENCE_ADDRESS = 13, 14
MONTH = 2_082_844_800 + 1_700_000_000
"""A fixed time, in seconds since 1904, so that the bytes do not depend on the day."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A font of the list.

    Attributes:
        slug: Name of its file here.
        package: Name of the package it is from.
        paths: Patterns of its files in the package; more than one where it comes in slices.
        number: Which font of a collection.
        reserved: Names that its licence reserves, where the font itself does not say so.
        entry: What the catalogue says of it.
    """

    slug: str
    package: str
    paths: tuple[str, ...]
    number: int
    reserved: str
    entry: dict[str, str]


def main() -> None:
    """Reads the command line and writes the fonts, their catalogue and the notice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=CATALOGUE_PATH.parent)
    arguments = parser.parse_args()
    listing = json.loads(LIST_PATH.read_text(encoding="utf-8"))
    packages = {each["name"]: Package(reader="", **each) for each in listing["packages"]}
    catalogue, notices = [], []
    with ExitStack() as stack:
        folders = {}
        for name, package in packages.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            package.unpack(package.fetch(arguments.packages), folder)
            folders[name] = folder
        for number, wanted in enumerate(read_wanted(listing["fonts"])):
            font = build(wanted, folders[wanted.package])
            rename(font, f"Shuowen Made {number:02d}")
            file = wanted.slug + (".otf" if "CFF " in font else ".ttf")
            font.save(arguments.out / file, reorderTables=True)
            source = packages[wanted.package]
            drawn = characters_in(arguments.out / file)
            missing = "".join(one for one in alphabet() if one not in drawn)
            catalogue.append(
                {"file": file, **wanted.entry, "source": label(source), "missing": missing}
            )
            notice = notice_of(font, folders[wanted.package], wanted.reserved)
            notices.append(f"{file} ({wanted.entry['licence']}): {notice}")
        write_licences(arguments.out, folders)
    write(arguments.out, catalogue, notices)


def read_wanted(rows: Sequence[dict[str, Any]]) -> Iterator[Wanted]:
    """The fonts of the list."""
    for row in rows:
        entry = {key: row[key] for key in ("family", "licence", "kind", "script", "split")}
        yield Wanted(
            slug=row["slug"],
            package=row["package"],
            paths=tuple(row["paths"]),
            number=row.get("number", -1),
            reserved=row.get("reserved", ""),
            entry=entry,
        )


def label(package: Package) -> str:
    """Where a font is from, for the catalogue."""
    return f"{package.kind}:{package.name} {package.version}"


def build(wanted: Wanted, folder: Path) -> TTFont:
    """The font with the alphabet's glyphs alone; slices are put together."""
    paths = sorted({path for pattern in wanted.paths for path in folder.rglob(pattern)})
    missing = {ord(one) for one in alphabet()}
    slices = []
    for path in paths:
        font = TTFont(path, fontNumber=wanted.number, recalcTimestamp=False)
        found = missing & set(font.getBestCmap())
        if found:
            missing -= found
            slices.append(subset(font, found))
    if not slices:
        raise SystemExit(f"{wanted.package} has no font for {wanted.slug}.")
    return slices[0] if len(slices) == 1 else merge(slices)


def subset(font: TTFont, codes: set[int]) -> TTFont:
    """A font with these characters alone, without hinting."""
    options = Options()
    options.hinting = False
    options.desubroutinize = True
    options.layout_features = []
    options.name_IDs = ["*"]
    options.glyph_names = False
    options.notdef_outline = True
    options.drop_tables = DROPPED_TABLES
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    return font


def merge(slices: Sequence[TTFont]) -> TTFont:
    """One font of the slices of one family."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{number}.ttf") for number in range(len(slices))]
        for font, path in zip(slices, paths, strict=True):
            font.flavor = None
            font.save(path)
        merged = Merger().merge(paths)
    return subset(merged, set(merged.getBestCmap()))


def rename(font: TTFont, name: str) -> None:
    """Gives it a name that nobody reserves; copyright and licence stay."""
    names = font["name"]
    kept = {one: names.getDebugName(one) for one in (COPYRIGHT, LICENCE, LICENCE_ADDRESS)}
    font["name"] = newTable("name")
    font["name"].names = []
    style = {STYLE: "Regular", POSTSCRIPT: name.replace(" ", "")}
    for one, text in {**kept, FAMILY: name, UNIQUE: name, FULL: name, **style}.items():
        if text:
            font["name"].setName(text, one, 3, 1, 0x409)
    if "CFF " in font:
        rename_cff(font["CFF "].cff, name)
    font["head"].created = font["head"].modified = MONTH
    font.recalcTimestamp = False
    font.flavor = None


def rename_cff(cff: Any, name: str) -> None:
    """The same for the name that is kept beside the curves."""
    cff.fontNames = [name.replace(" ", "")]
    for key in ("FullName", "FamilyName"):
        if hasattr(cff[0], key):
            setattr(cff[0], key, name)


def notice_of(font: TTFont, folder: Path, reserved: str) -> str:
    """Whose it is, on one line: as the package's licence begins, else as the font itself says."""
    path = folder / "package" / "LICENSE"
    first = path.read_text(encoding="utf-8").split("\n", 1)[0] if path.exists() else ""
    text = first if "opyright" in first else font["name"].getDebugName(COPYRIGHT) or ""
    words = text.split() + (["with Reserved Font Names", reserved] if reserved else [])
    return " ".join(words)


def write_licences(out: Path, folders: Mapping[str, Path]) -> None:
    """Writes the text of each licence; that of the OFL without the owner of one font."""
    for name, (package, pattern, start) in LICENCE_TEXTS.items():
        path = next(folders[package].rglob(pattern))
        text = path.read_text(encoding="utf-8")
        (out / f"{name}.txt").write_text(text[text.index(start) :], encoding="utf-8")


def write(out: Path, catalogue: Sequence[dict[str, str]], notices: Sequence[str]) -> None:
    """Writes the catalogue and the notice."""
    text = json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n"
    (out / CATALOGUE_PATH.name).write_text(text, encoding="utf-8")
    head = (
        "Fonts cut down to the glyphs that synthetic text needs, without hinting and layout\n"
        "rules, renamed, by scripts/build_synthetic_fonts.py. Each stays under its own licence;\n"
        "the texts are OFL-1.1.txt, Apache-2.0.txt and Bitstream-Vera.txt beside this file.\n\n"
    )
    (out / NOTICE_NAME).write_text(head + "\n".join(notices) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
