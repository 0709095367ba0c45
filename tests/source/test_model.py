import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import InputError, UsageError
from shuowen.source.model import Source, address_key, safe_stem

RESERVED = {"con", "prn", "aux", "nul", "com1", "lpt9"}


def test_a_file_and_its_bytes_are_the_same_document(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    path = tmp_path / "扫描.pdf"
    path.write_bytes(content)
    on_disk, in_memory = Source(name="a", path=path), Source(name="b", data=content)
    for source in (on_disk, in_memory):
        assert source.num_bytes() == len(content)
        assert source.sha256() == hashlib.sha256(content).hexdigest()
        assert content.startswith(source.head())
        with source.open() as stream:
            assert stream.read() == content


def test_exactly_one_of_path_and_data() -> None:
    with pytest.raises(UsageError):
        Source(name="x")
    with pytest.raises(UsageError):
        Source(name="x", path=Path("x"), data=b"x")


def test_data_stays_out_of_logs() -> None:
    assert "secret" not in repr(Source(name="x", data=b"secret"))


def test_what_is_missing_or_not_a_file_is_named(tmp_path: Path) -> None:
    gone = Source(name="gone.pdf", path=tmp_path / "gone.pdf")
    for use in (gone.open, gone.head, gone.sha256, gone.num_bytes):
        with pytest.raises(InputError, match=r"gone\.pdf does not exist") as caught:
            use()
        assert caught.value.hint
    with pytest.raises(InputError, match="cannot be read"):
        Source(name="folder", path=tmp_path).head()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("手写 笔记.PDF", "手写 笔记"),
        ("2401.12345", "2401.12345"),
        ("v1.2 report.pdf", "v1.2 report"),
        ("stdin", "stdin"),
        ("https://example.org/a/b%20c.pdf?token=1", "b c"),
        ("https://example.org/报告.pdf#page=2", "报告"),
        ("https://example.org/", "example.org"),
        ("https://example.org/..%2F..%2Fetc%2Fpasswd", "_.._etc_passwd"),
        ("..", "document"),
        ("", "document"),
        (".pdf", "pdf"),
        ("con.pdf", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("com1 .png", "_com1"),
        ("console.pdf", "console"),
        ('a<b>:c|d?e*f"g\\h\n.png', "a_b__c_d_e_f_g_h_"),
        ("evil\u202egnp.exe", "evil_gnp.exe"),
    ],
)
def test_stems(name: str, stem: str) -> None:
    assert Source(name=name, data=b"x").stem() == stem


def test_the_stem_of_a_file_leaves_its_folder_out(tmp_path: Path) -> None:
    assert Source(name="x", path=tmp_path / "one" / "第 3 页.tiff").stem() == "第 3 页"


def test_addresses_that_look_alike_have_places_of_their_own() -> None:
    urls = [f"https://me:tiger@a.example/scan.pdf{rest}" for rest in ("", "?id=1", "?id=secret")]
    keys = [address_key(url) for url in urls]
    assert len(set(keys)) == 3
    assert not [word for word in ("tiger", "secret") if word in "".join(keys)]
    assert address_key("https://a.example/scan.pdf?id=1#page=2") == keys[1]
    assert address_key("https://a.example/\udcff").isprintable() is False
    sources = [Source(name="https://a.example/scan.pdf?…", data=b"x", address=key) for key in keys]
    assert [source.place() for source in sources] == keys


def test_a_place_is_the_file_itself_or_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    assert Source(name="a.pdf", path=tmp_path / "b" / ".." / "a.pdf").place() == str(path.resolve())
    assert Source(name="stdin", data=b"x").place() == "stdin"


@given(st.text())
def test_a_safe_stem_is_one_plain_name_on_every_system(name: str) -> None:
    stem = safe_stem(name)
    assert 0 < len(stem.encode()) <= 151
    assert not set(stem) & set('<>:"/\\|?*\0\n\r')
    assert stem.strip(". ") == stem
    assert stem.partition(".")[0].strip().lower() not in RESERVED
    assert safe_stem(stem) == stem
