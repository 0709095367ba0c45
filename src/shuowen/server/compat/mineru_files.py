"""What MinerU's answers hold of each file, as JSON or in a ZIP archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import msgspec

from shuowen.document.model import Document
from shuowen.server.compat.figures import Picture
from shuowen.server.compat.mineru_lists import content_list
from shuowen.server.compat.mineru_middle import middle_json
from shuowen.server.compat.mineru_requests import ParseRequest
from shuowen.server.compat.page_markdown import above_text, page_markdown
from shuowen.source.model import safe_stem
from shuowen.version import __version__

BACKEND = "shuowen"
_FOLDER = "images"


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One file as it was read.

    Attributes:
        stem: Under what it stands in the answer; no other file has the same.
        name: What the client calls it.
        document: What was read; None when nothing was.
        pictures: Figures by region id.
        original: The file itself, where it is wanted.
        error: Why nothing was read.
    """

    stem: str
    name: str
    document: Document | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    original: bytes | None = None
    error: str = ""

    def picture_names(self) -> dict[str, str]:
        """File names of the figures by region id."""
        return {region_id: f"{safe_stem(region_id)}.jpg" for region_id in self.pictures}


def unique_stems(names: Sequence[str]) -> list[str]:
    """Names without suffix, safe as names of files, no two alike even where case is one."""
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        base = stem = safe_stem(PurePath(name).stem)
        number = 2
        while stem.casefold() in taken:
            stem = f"{base}-{number}"
            number += 1
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def as_json(parsed: Sequence[Parsed], asked: ParseRequest) -> bytes:
    """The answer in JSON; lists and blocks are texts that hold JSON, as with MinerU."""
    results = {each.stem: _result(each, asked) for each in parsed}
    return msgspec.json.encode({"backend": BACKEND, "version": __version__, "results": results})


def as_zip(parsed: Sequence[Parsed], asked: ParseRequest) -> bytes:
    """The answer as an archive: a folder for each file, and in it one for the method."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in parsed:
            for name, data in _files(each, asked):
                archive.writestr(f"{each.stem}/{asked.parse_method}/{name}", data)
    return packed.getvalue()


def _result(parsed: Parsed, asked: ParseRequest) -> dict[str, Any]:
    if parsed.document is None:
        return {"md_content": "", "error": parsed.error}
    result: dict[str, Any] = dict(_texts(parsed, parsed.document, asked))
    if asked.with_pictures:
        names = parsed.picture_names()
        result["images"] = {names[key]: each.data_url() for key, each in parsed.pictures.items()}
    return result


def _files(parsed: Parsed, asked: ParseRequest) -> Iterator[tuple[str, bytes]]:
    if parsed.document is None:
        yield f"{parsed.stem}_error.txt", parsed.error.encode()
        return
    suffixes = {
        "md_content": ".md",
        "middle_json": "_middle.json",
        "content_list": "_content_list.json",
    }
    for kind, text in _texts(parsed, parsed.document, asked):
        yield f"{parsed.stem}{suffixes[kind]}", text.encode()
    names = parsed.picture_names()
    for key, picture in parsed.pictures.items():
        yield f"{_FOLDER}/{names[key]}", picture.jpeg
    if parsed.original is not None:
        yield f"{parsed.stem}_origin{PurePath(parsed.name).suffix}", parsed.original


def _texts(parsed: Parsed, document: Document, asked: ParseRequest) -> Iterator[tuple[str, str]]:
    names = parsed.picture_names()
    paths = {key: f"{_FOLDER}/{name}" for key, name in names.items()}
    if asked.with_markdown:
        yield "md_content", _markdown(document, paths)
    if asked.with_middle_json:
        yield "middle_json", msgspec.json.encode(middle_json(document, names)).decode()
    if asked.with_content_list:
        yield "content_list", msgspec.json.encode(content_list(document, paths)).decode()


def _markdown(document: Document, paths: Mapping[str, str]) -> str:
    """All pages without a mark between them, as MinerU writes it; figures link to their files."""
    pages = []
    for page in document.pages:
        figures = [region for region in page.regions if region.id in paths]
        instead = {each.id: above_text(f"![]({paths[each.id]})", each) for each in figures}
        pages.append(page_markdown(document, page, instead))
    return "\n\n".join(page for page in pages if page)
