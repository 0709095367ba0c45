from __future__ import annotations

import os
from pathlib import Path

import pytest

from shuowen.config import Limits
from shuowen.errors import FetchError, InputError, UsageError
from shuowen.server.mcp_access import Access
from tests.made_files import png


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder `scans` that may be read, and beside it files that may not."""
    scans = tmp_path / "scans"
    (scans / "deep").mkdir(parents=True)
    (scans / "deep" / "page.png").write_bytes(png("inside"))
    (tmp_path / "secret.png").write_bytes(png("secret"))
    (scans / "link.png").symlink_to(tmp_path / "secret.png")
    (scans / "up").symlink_to(tmp_path)
    return tmp_path


def access(*roots: Path) -> Access:
    return Access(roots=roots, limits=Limits())


@pytest.mark.parametrize(
    "form", ["deep/page.png", "{scans}/deep/page.png", "file://{scans}/deep/page.png"]
)
def test_a_file_in_the_folder_is_found_however_it_is_named(home: Path, form: str) -> None:
    scans = home / "scans"
    where = form.format(scans=scans)
    found = access(scans).source(where)
    assert found.path == (scans / "deep" / "page.png").resolve()
    assert found.name == where


@pytest.mark.parametrize(
    "where",
    [
        "../secret.png",
        "{home}/secret.png",
        "file://{home}/secret.png",
        "deep/../../secret.png",
        "link.png",
        "up/secret.png",
        "../no-such-file.png",
        "/etc/passwd",
        "/etc",
        "~root/x.png",
        "..",
    ],
)
def test_nothing_outside_is_read_and_nothing_is_told_of_it(home: Path, where: str) -> None:
    with pytest.raises(UsageError, match="is not in a folder that may be read") as refused:
        access(home / "scans").source(where.format(home=home))
    assert str(home / "scans") in refused.value.hint


def test_the_folder_itself_may_be_a_link(home: Path) -> None:
    (home / "alias").symlink_to(home / "scans")
    assert access(home / "alias").source("deep/page.png").num_bytes() > 0


def test_a_folder_says_which_documents_it_holds_but_not_those_that_links_bring(home: Path) -> None:
    with pytest.raises(UsageError) as refused:
        access(home / "scans").source(".")
    assert "deep/page.png" in refused.value.hint
    assert "link.png" not in refused.value.hint
    (home / "scans" / "empty").mkdir()
    with pytest.raises(UsageError, match="without documents"):
        access(home / "scans").source("empty")


def test_a_second_folder_is_reached_by_its_full_path(home: Path) -> None:
    (home / "other").mkdir()
    (home / "other" / "a.png").write_bytes(png("a"))
    both = access(home / "scans", home / "other")
    assert both.source(str(home / "other" / "a.png")).path == (home / "other" / "a.png").resolve()


@pytest.mark.parametrize("where", ["a\0b.png", "x" * 5000])
def test_impossible_names_are_input_errors(home: Path, where: str) -> None:
    with pytest.raises(InputError):
        access(home / "scans").source(where)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(home: Path) -> None:
    os.mkfifo(home / "scans" / "pipe.png")
    with pytest.raises(InputError, match="not a regular file"):
        access(home / "scans").source("pipe.png")


def test_without_folders_there_are_addresses_only(home: Path) -> None:
    with pytest.raises(UsageError, match="reads no files"):
        access().source(str(home / "scans" / "deep" / "page.png"))
    with pytest.raises(FetchError, match="not an address of the public internet"):
        access().source("http://127.0.0.1:9/page.png")


@pytest.mark.parametrize("where", ["ftp://example.org/a.pdf", "FILE://elsewhere/a.pdf", "data://x"])
def test_other_schemes_are_refused(home: Path, where: str) -> None:
    with pytest.raises((FetchError, UsageError)):
        access(home / "scans").source(where)


def test_a_root_must_be_a_folder(home: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        access(home / "secret.png")
