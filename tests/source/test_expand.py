import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shuowen.config import Limits
from shuowen.errors import FetchError, InputError, InternalError
from shuowen.source.expand import expand, natural_key
from shuowen.source.model import FailedSource, Source

LIMITS = Limits(allow_private_addresses=True, max_bytes=1000, fetch_seconds=20)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as people have them; the working directory for the test."""
    for name in (
        "scan10.png",
        "scan2.PNG",
        "Scan1.tif",
        "notes.txt",
        ".hidden.pdf",
        ".git/kept.pdf",
        "第 2 章/9.pdf",
        "第 2 章/更深/10.jpg",
        "[draft].pdf",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*arguments: Any) -> list[str]:
    """What expand yields, with a cross before what failed."""
    return [
        f"✗ {item.name}" if isinstance(item, FailedSource) else item.name.replace("\\", "/")
        for item in expand(arguments, LIMITS)
    ]


def failure(*arguments: Any) -> FailedSource:
    (item,) = expand(arguments, LIMITS)
    assert isinstance(item, FailedSource)
    assert item.error.hint
    return item


def test_files_keep_their_order_and_come_once(folder: Path) -> None:
    given = ["scan10.png", "scan2.PNG", "./scan10.png", folder / "scan2.PNG", "notes.txt"]
    assert names(*given) == ["scan10.png", "scan2.PNG", "notes.txt"]


def test_folders_give_their_documents_in_natural_order(folder: Path) -> None:
    flat = ["[draft].pdf", "Scan1.tif", "scan2.PNG", "scan10.png"]
    assert names(Path()) == [*flat, "第 2 章/9.pdf", "第 2 章/更深/10.jpg"]
    assert names("第 2 章", ".")[:3] == ["第 2 章/9.pdf", "第 2 章/更深/10.jpg", "[draft].pdf"]


def test_patterns_are_expanded_when_the_shell_does_not(folder: Path) -> None:
    assert names("scan*") == ["scan2.PNG", "scan10.png"]
    assert names("**/*.pdf") == ["[draft].pdf", "第 2 章/9.pdf"]
    assert names(f"{folder}/第*/9.pd?") == [f"{folder}/第 2 章/9.pdf".replace("\\", "/")]
    assert names("第*") == ["第 2 章/9.pdf", "第 2 章/更深/10.jpg"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(folder: Path) -> None:
    assert names("[draft].pdf") == ["[draft].pdf"]
    assert names(Path("scan*")) == ["✗ scan*"]


def test_one_bad_argument_does_not_stop_the_rest(folder: Path) -> None:
    (folder / "empty.pdf").touch()
    (folder / "large.pdf").write_bytes(b"x" * 1001)
    (folder / "bare").mkdir()
    given = ["gone.pdf", "empty.pdf", "large.pdf", "bare", "*.zip", "a\0b", "scan2.PNG"]
    crossed = [f"✗ {name}" for name in given[:-1]]
    assert names(*given) == [*crossed, "scan2.PNG"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("gone.pdf", "gone.pdf does not exist"),
        ("x" * 5000, "cannot be read"),
        ("bare", "The folder bare holds no document"),
        ("empty.pdf", "empty.pdf is empty"),
        ("large.pdf", "large.pdf is larger than 1000 bytes"),
        ("*.zip", r"No file matches \*\.zip"),
        (b"", "bytes is empty"),
        ("", "An empty name is no source"),
        (b"x" * 1001, "bytes is larger than 1000 bytes"),
    ],
)
def test_failures_name_the_thing_and_say_what_to_do(
    folder: Path, argument: str | bytes, message: str
) -> None:
    (folder / "empty.pdf").touch()
    (folder / "large.pdf").write_bytes(b"x" * 1001)
    (folder / "bare").mkdir()
    (folder / "bare" / "notes.txt").write_text("no document")
    error = failure(argument).error
    assert isinstance(error, InputError)
    with pytest.raises(InputError, match=message):
        raise error


@pytest.mark.skipif(sys.platform == "win32", reason="needs devices and links")
def test_devices_and_rings_of_links(folder: Path) -> None:
    assert "not a regular file" in failure("/dev/zero").error.message
    (folder / "第 2 章" / "ring").symlink_to(folder)
    (folder / "第 2 章" / "ring.pdf").symlink_to(folder)
    (folder / "第 2 章" / "lost.pdf").symlink_to(folder / "nowhere.pdf")
    assert names("第 2 章") == [
        "第 2 章/9.pdf",
        "✗ 第 2 章/lost.pdf",
        "第 2 章/ring.pdf/[draft].pdf",
        "第 2 章/ring.pdf/Scan1.tif",
        "第 2 章/ring.pdf/scan2.PNG",
        "第 2 章/ring.pdf/scan10.png",
        "✗ 第 2 章/ring.pdf/第 2 章/lost.pdf",
        "第 2 章/ring.pdf/第 2 章/更深/10.jpg",
    ]


def test_bytes_are_a_source() -> None:
    (source,) = expand([b"%PDF-"], LIMITS)
    assert isinstance(source, Source)
    assert (source.data, source.stem()) == (b"%PDF-", "bytes")


def test_urls_are_downloaded_when_their_turn_comes(server: Any, folder: Path) -> None:
    def write(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n%PDF-")

    server.answers["/a.pdf"] = write
    url = server.url("/a.pdf?key=secret")
    items = expand(["scan2.PNG", url, url], LIMITS)
    assert isinstance(next(items), Source)
    assert not server.requests
    (source,) = items
    assert isinstance(source, Source)
    assert (source.name, source.data) == (server.url("/a.pdf?…"), b"%PDF-")


def test_refused_urls_are_named_without_their_secrets() -> None:
    for url in ("http://me:secret@10.0.0.1/a?key=secret", "ftp://me:secret@a.example/a?key=secret"):
        (item,) = expand([url], Limits())
        assert isinstance(item, FailedSource)
        assert isinstance(item.error, FetchError)
        assert "secret" not in item.name + str(item.error)


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_is_read_once_and_not_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipe(monkeypatch, b"x" * 1000)
    (source,) = expand(["-", "-"], LIMITS)
    assert isinstance(source, Source)
    assert (source.name, source.num_bytes()) == ("stdin", 1000)
    pipe(monkeypatch, b"x" * 100_000)
    assert "stdin is larger than 1000 bytes" in failure("-").error.message
    assert sys.stdin.buffer.tell() == 1001
    pipe(monkeypatch, b"")
    assert "stdin is empty" in failure("-").error.message


def test_without_anything_piped_in_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert "Nothing is piped" in failure("-").error.message


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text exist on Linux")
def test_a_name_that_is_no_text_is_shown_and_read(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/bad\xffname.png")
    Path(path).write_bytes(b"anything")
    (source,) = expand([path], Limits())
    assert isinstance(source, Source)
    assert source.name == f"{tmp_path}/bad?name.png"
    assert source.stem() == "bad_name"
    assert source.sha256()


def test_a_real_empty_pipe() -> None:
    code = (
        "from shuowen.config import Limits; from shuowen.source.expand import expand;"
        "print(next(expand(['-'], Limits())).error.message)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "stdin is empty."


def test_a_bug_of_our_own_is_told_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(url: str, limits: Limits) -> Source:
        raise ValueError("a bug")

    monkeypatch.setattr("shuowen.source.expand._download", broken)
    failed, sound = expand(["http://a.example/x.png", "scan2.PNG"], LIMITS)
    assert isinstance(failed, FailedSource)
    assert isinstance(failed.error, InternalError)
    assert "a bug" in failed.error.message
    assert isinstance(sound, Source)


def test_natural_order() -> None:
    mixed = ["page 10", "Page 9", "page 9b", "page", "第10页", "第9页", "", "007", "7a"]
    assert sorted(mixed, key=natural_key) == (
        ["", "007", "7a", "page", "Page 9", "page 9b", "page 10", "第9页", "第10页"]
    )
