"""Text files of many languages and encodings come out as they went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.compat.encodings import decoded

CHINESE = "中华人民共和国的公司在这个时候出了一些问题，我们要求他们提供说明。"
TAIWANESE = "中華民國的公司在這個時候出了一些問題，我們要求他們提供說明。"
JAPANESE = "この会社は今年から新しい製品を販売しています。"
KOREAN = "이 회사는 올해부터 새로운 제품을 판매하고 있습니다."
RUSSIAN = "Компания начала продажи новых продуктов в этом году."
FRENCH = "L'été dernier, la société a présenté son élève préféré à la fête."
GERMAN = "Die Gesellschaft läßt schöne Grüße ausrichten: 5 € für die Straße."


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        (CHINESE, ("gb18030", "gb2312", "utf-8", "utf-8-sig", "utf-16", "utf-32")),
        (TAIWANESE, ("big5", "utf-16")),
        (JAPANESE, ("cp932", "euc-jp")),
        (KOREAN, ("cp949",)),
        (RUSSIAN, ("cp1251",)),
        (FRENCH, ("cp1252", "utf-16-le", "utf-16-be")),
        (GERMAN, ("cp1252",)),
        ("plain ASCII\r\n", ("ascii",)),
        ("name,town\nMüller,Köln\n", ("latin-1",)),
    ],
)
def test_the_encoding_is_found(text: str, encodings: tuple[str, ...]) -> None:
    for encoding in encodings:
        assert decoded(text.encode(encoding)) == text, encoding


def test_a_long_file_is_told_by_its_first_foreign_characters() -> None:
    text = "a,b\n" * 50_000 + CHINESE
    assert decoded(text.encode("gb18030")) == text


def test_the_sender_is_believed_where_it_fits() -> None:
    assert decoded("Ж".encode("koi8-r"), "koi8-r") == "Ж"
    assert decoded(CHINESE.encode(), "ascii") == CHINESE
    assert decoded(CHINESE.encode(), "no-such-encoding\0") == CHINESE
    assert decoded(b"eJwDAAAAAAE=", "base64") == "eJwDAAAAAAE="  # a codec, but none of text


@given(st.binary(max_size=300), st.text(max_size=10))
def test_every_file_decodes(data: bytes, named: str) -> None:
    assert isinstance(decoded(data, named), str)


@pytest.mark.parametrize(
    "codec", ["utf-7", "unicode_escape", "raw_unicode_escape", "punycode", "idna"]
)
def test_codecs_in_which_no_file_is_written_are_not_believed(codec: str) -> None:
    written = rb"a \ud800 +2AA- b-9"
    assert decoded(written, codec) == written.decode("ascii")
