"""From packages to the symbols that are counted."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from scripts.build_language_model import folded, forms_of, joined, symbol_table
from scripts.language_packages import PACKAGES, Package
from scripts.language_sources import read_idioms, read_jieba, read_verse
from shuowen.engines.embedded.language.folding import fold_chinese


def package(reader: str, sha256: str = "0") -> Package:
    return Package(
        kind="pypi",
        name="words",
        version="1",
        file="words.whl",
        sha256=sha256,
        licence="MIT",
        reader=reader,
    )


def test_another_file_than_the_one_that_was_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.whl").write_bytes(b"other")
    with pytest.raises(SystemExit, match="not words 1"):
        package("read_jieba").fetch(tmp_path)


def test_a_packages_texts_are_folded_and_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "words.whl"
    with zipfile.ZipFile(path, "w") as archive:
        # Both forms of the word are one after folding; the second is left out.
        archive.writestr("jieba/dict.txt", "郵件 90 n\n邮件 300 n\n合同 3 n\n第3章 1 n\n")
    used = package("read_jieba", hashlib.sha256(path.read_bytes()).hexdigest())
    texts = list(folded(used, tmp_path, fold_chinese, {"郵": "邮"}))
    assert texts == [("邮件", 4), ("合同", 1), ("第0章", 1)]


def test_symbols_are_sorted_by_how_often_they_occur_and_carry_their_forms() -> None:
    texts = [(package("read_nothing"), [("邮件件", 2), ("合邮", 1), ("龘", 1)])]
    symbols = symbol_table(texts, {"邮": "郵", "件": "", "合": ""})
    assert symbols == ("", "件", "邮郵")
    stream, weights = joined(texts, symbols)
    assert stream.tolist() == [2, 1, 1, 0, 0, 2, 0, 0, 0]
    assert weights.tolist() == [2, 2, 2, 2, 1, 1, 1, 1, 1]


def test_forms_of_readable_characters() -> None:
    forms = forms_of({"郵": "邮", "，": ","})
    assert forms["邮"] == "郵"
    assert forms[","] == "，"
    assert forms["合"] == ""


def test_word_lists_poems_and_places_are_found(tmp_path: Path) -> None:
    (tmp_path / "jieba").mkdir()
    (tmp_path / "jieba" / "dict.txt").write_text("合同 200 n\n", encoding="utf-8")
    assert list(read_jieba(tmp_path)) == [("合同", 10)]
    for name, text in (
        ("chinese_idiom", "一丁不识\t1"),
        ("xiehouyu", "甲\t乙"),
        ("china_location", "上海市\t31\n\t\t\t华亭镇\n\t\t\t\t北新村"),
    ):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}.txt", text)
    found = {text for text, _ in read_idioms(tmp_path)}
    assert {"一丁不识", "甲", "乙", "上海市", "华亭镇"} <= found
    assert not any("北新村" in text for text in found)


def test_of_poems_only_the_lines_are_taken(tmp_path: Path) -> None:
    verse = tmp_path / "package" / "dist" / "lunyu"
    verse.mkdir(parents=True)
    (verse / "lunyu.json").write_text(
        '[{"chapter": "學", "paragraphs": ["學而時習之"]}, {"content": [{"paragraphs": ["一"]}]}]',
        encoding="utf-8",
    )
    assert list(read_verse(tmp_path)) == [("學而時習之", 2), ("一", 2)]


def test_every_package_has_a_checksum_and_a_reader() -> None:
    listed = [*PACKAGES.chinese, *PACKAGES.english, PACKAGES.variants]
    assert len({each.file for each in listed}) == len(listed)
    assert all(len(each.sha256) == 64 and callable(each.texts) for each in listed)
