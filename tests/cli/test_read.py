from __future__ import annotations

import io
import json
import os
import signal
import struct
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from shuowen.document.json import from_json, json_schema
from shuowen.errors import EXIT_INTERRUPTED, EXIT_PARTIAL, FetchError, InputError
from tests import made_files
from tests.cli.conftest import Run, Start


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder with two documents at two levels."""
    folder = tmp_path / "pages"
    (folder / "more").mkdir(parents=True)
    (folder / "a.png").write_bytes(made_files.png("First page"))
    (folder / "more" / "b.pdf").write_bytes(made_files.pdf_with_text("Second", "Third"))
    return folder


def test_one_document_goes_to_standard_output(run: Run, pages: Path) -> None:
    ended = run("read", pages / "a.png")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "First page\n", "")


@pytest.mark.parametrize("output_format", ["md", "json", "html", "txt"])
def test_standard_output_is_what_a_file_holds(
    run: Run, pages: Path, tmp_path: Path, output_format: str
) -> None:
    printed = run("read", pages / "more" / "b.pdf", "--to", output_format).stdout_bytes
    run("read", pages / "more" / "b.pdf", "--to", output_format, "-o", "out")
    written = (tmp_path / "out" / f"b.{output_format}").read_bytes()
    if output_format == "json":
        # How long it took is the one thing that differs.
        first, second = from_json(printed), from_json(written)
        assert [page.regions for page in first.pages] == [page.regions for page in second.pages]
        jsonschema.validate(json.loads(printed), json_schema())
    else:
        assert printed == written


def test_several_documents_follow_one_another_under_their_names(run: Run, pages: Path) -> None:
    markdown = run("read", pages).stdout
    names = [str(pages / "a.png"), str(pages / "more" / "b.pdf")]
    assert [f"<!-- source: {name} -->" in markdown for name in names] == [True, True]
    assert markdown.index("First page") < markdown.index("Second")
    text = run("read", pages, "--to", "txt").stdout
    assert [f"==> {name} <==" in text for name in names] == [True, True]


def test_a_name_cannot_end_the_comment_it_stands_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x--!-- y.png").write_bytes(made_files.png("First page"))
    (tmp_path / "z.png").write_bytes(made_files.png("First page"))
    first = run("read", ".").stdout.splitlines()[0]
    assert first.count("--") == 2
    assert first.endswith(" -->")


def test_a_folder_becomes_a_folder_and_a_second_run_says_so(
    run: Run, pages: Path, tmp_path: Path
) -> None:
    command = ["read", pages, "-o", "out", "--to", "md", "--to", "overlay", "--to", "md"]
    first = run(*command)
    assert (first.exit_code, first.stdout, first.stderr) == (0, "", "Wrote 5 files to out.\n")
    out = tmp_path / "out"
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("[!.]*.*"))
    assert [name for name in written if not name.startswith(".")] == [
        "a.md",
        "a.overlay-0001.png",
        "more/b.md",
        "more/b.overlay-0001.png",
        "more/b.overlay-0002.png",
    ]
    with Image.open(io.BytesIO((out / "a.overlay-0001.png").read_bytes())) as overlay:
        assert overlay.width >= 640
    again = run(*command)
    assert again.stderr == "Wrote 0 files to out. Skipped 2 documents already read.\n"
    assert run(*command, "--quiet").stderr == ""
    assert "Wrote 5 files" in run(*command, "--force").stderr


def test_a_changed_output_is_kept_and_told(run: Run, pages: Path, tmp_path: Path) -> None:
    command = ["read", pages / "a.png", "-o", "out"]
    run(*command)
    (tmp_path / "out" / "a.md").write_text("Corrected")
    assert "Kept out" in run(*command).stderr
    assert (tmp_path / "out" / "a.md").read_text() == "Corrected"
    run(*command, "--force")
    assert (tmp_path / "out" / "a.md").read_text() == "First page\n"


def test_a_file_of_one_s_own_is_kept_and_told(run: Run, pages: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.md").write_text("My notes")
    ended = run("read", pages / "a.png", "-o", "out")
    assert "it was not written by Shuowen; --force replaces it." in ended.stderr
    assert (tmp_path / "out" / "a.md").read_text() == "My notes"


def test_outputs_among_the_sources_are_not_read(run: Run, pages: Path) -> None:
    command = ["read", pages, "-o", pages, "--to", "overlay"]
    run(*command)
    assert run(*command).stderr.endswith("Skipped 2 documents already read.\n")


def test_patterns_keep_the_folders_below_them(run: Run, pages: Path, tmp_path: Path) -> None:
    ended = run("read", "pages/**/*.pdf", "-o", "out")
    assert ended.exit_code == 0, ended.stderr
    assert (tmp_path / "out" / "more" / "b.md").is_file()


def test_pages_by_number(run: Run, pages: Path) -> None:
    ended = run("read", pages / "more" / "b.pdf", "--pages", "2")
    assert (ended.exit_code, ended.stdout) == (0, "Third\n")


def test_a_page_that_is_missing_makes_the_run_partial(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(made_files.pdf_with_text("Alpha", None))
    ended = run("read", "a.pdf", "-o", "out")
    assert ended.exit_code == EXIT_PARTIAL
    assert "Pages are missing in 1 document" in ended.stderr


def test_when_nothing_can_be_read_the_first_error_gives_the_code(run: Run) -> None:
    ended = run("read", "one.pdf", "http://127.0.0.1/x.png", "-o", "out")
    assert ended.exit_code == InputError.exit_code
    assert "2 sources could not be read" in ended.stderr
    turned = run("read", "http://127.0.0.1/x.png", "one.pdf")
    assert turned.exit_code == FetchError.exit_code


def test_a_file_name_cannot_drive_the_terminal(run: Run, tmp_path: Path) -> None:
    ended = run("read", "\x1b[2Jx.png")
    assert "\\x1b[2Jx.png" in ended.stderr
    assert "\x1b" not in ended.stderr


LONG = [f"Number {n}" for n in range(1, 25)]


def wait_for_pages(folder: Path, num_lines: int) -> None:
    """Wait until the journal holds so many lines; the first tells the source."""
    while True:
        journals = [path for path in folder.glob("*.jsonl") if path.stem != "outputs"]
        if journals and journals[0].read_bytes().count(b"\n") >= num_lines:
            return
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_a_stopped_run_goes_on_where_it_was(
    run: Run, start_python: Start, tmp_path: Path, how: str
) -> None:
    (tmp_path / "long.pdf").write_bytes(made_files.pdf_with_text(*LONG))
    command = ["read", "long.pdf", "-o", "out", "--to", "txt"]
    process = start_python("-m", "shuowen", *command)
    wait_for_pages(tmp_path / "out" / ".shuowen", num_lines=4)
    process.send_signal(getattr(signal, how))
    _, stderr = process.communicate()
    assert not (tmp_path / "out" / "long.txt").exists()
    if how == "SIGINT":
        assert process.returncode == EXIT_INTERRUPTED
        assert b"run the same command again" in stderr
        assert stderr.count(b"\n") == 1
    ended = run(*command)
    assert ended.exit_code == 0
    resumed, _ = ended.stderr.splitlines()
    num_kept = int(resumed.removeprefix("Resumed long.pdf: ").split()[0])
    assert 3 <= num_kept < len(LONG)
    pages = (tmp_path / "out" / "long.txt").read_text().split("\f")
    assert [page.strip() for page in pages] == LONG


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_progress_shows_on_a_terminal_only(
    start_python: Start, pages: Path, tmp_path: Path
) -> None:
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = start_python("-m", "shuowen", "read", pages, "-o", "out", stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        assert process.wait() == 0
    finally:
        os.close(ours)
        process.communicate()
    assert b"/3 pages" in shown
    assert b"left" in shown
    assert b"Wrote 2 files to out." in shown


def test_more_jobs_read_the_same(run: Run, pages: Path) -> None:
    assert run("read", pages, "--jobs", "1").stdout == run("read", pages, "--jobs", "4").stdout
