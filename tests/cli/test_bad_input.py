"""Bad input, each case with a real bad file: one sentence, its exit code, and nothing else lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shuowen.errors import EXIT_PARTIAL, InputError, OutputError, UsageError
from tests import made_files
from tests.cli.conftest import Run, Start


def only_error(stderr: str) -> str:
    """The one line of stderr, which is an error without a trace."""
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("Error: ")
    return lines[0]


UNREADABLE: dict[str, tuple[bytes | None, str]] = {
    "missing.pdf": (None, "does not exist"),
    "empty.png": (b"", "is empty"),
    "letter.png": (b"Dear Sir, this is no picture.", "is not a picture or a PDF"),
    "torn.png": (made_files.png("Torn")[:300], "damaged or cut short"),
    "torn.pdf": (made_files.scanned_pdf("Torn")[:900], "damaged"),
    "locked.pdf": (made_files.encrypted_pdf("Secret", "tiger"), "is encrypted"),
    "hollow.pdf": (made_files.pdf_without_pages(), "hollow.pdf"),
    "bomb.png": (made_files.bomb(), "the limit is 250"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_costs_itself_alone(run: Run, tmp_path: Path, name: str) -> None:
    content, expected = UNREADABLE[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "zgood.png").write_bytes(made_files.png("All good"))

    alone = run("read", name)
    assert alone.exit_code == InputError.exit_code
    assert alone.stdout == ""
    assert expected in only_error(alone.stderr)
    assert name in alone.stderr

    together = run("read", name, "zgood.png", "-o", "out", "--quiet")
    assert together.exit_code == EXIT_PARTIAL
    assert expected in only_error(together.stderr)
    assert (tmp_path / "out" / "zgood.md").read_text() == "All good\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".shuowen", "zgood.md"]


def test_a_wrong_password_is_told_apart_and_a_right_one_opens(run: Run, tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(made_files.encrypted_pdf("Secret words", "tiger"))
    wrong = run("read", "locked.pdf", "--password", "lion")
    assert wrong.exit_code == InputError.exit_code
    assert "password for locked.pdf is wrong" in only_error(wrong.stderr)
    right = run("read", "locked.pdf", "--password", "tiger")
    assert (right.exit_code, right.stdout) == (0, "Secret words\n")


def test_the_password_may_come_from_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked.pdf").write_bytes(made_files.encrypted_pdf("Secret words", "tiger"))
    monkeypatch.setenv("SHUOWEN_PASSWORD", "tiger")
    assert run("read", "locked.pdf").stdout == "Secret words\n"


def test_a_password_is_asked_for_on_a_terminal_only(run: Run, tmp_path: Path) -> None:
    ended = run("read", "locked.pdf", "--password", "-")
    assert ended.exit_code == UsageError.exit_code
    assert "SHUOWEN_PASSWORD" in only_error(ended.stderr)


def test_a_broken_page_costs_itself_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "part.pdf").write_bytes(made_files.pdf_with_text("First", None, "Third"))
    ended = run("read", "part.pdf")
    assert ended.exit_code == EXIT_PARTIAL
    assert "First" in ended.stdout
    assert "Third" in ended.stdout
    assert "Page 2 of part.pdf is broken" in only_error(ended.stderr)


def test_a_picture_over_the_limit_opens_when_the_limit_is_raised(run: Run, tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(made_files.png("Large enough"))
    refused = run("read", "big.png", "--max-pixels", "50k")
    assert refused.exit_code == InputError.exit_code
    assert "big.png is 640 × 120 px" in only_error(refused.stderr)
    assert run("read", "big.png", "--max-pixels", "0.1M").stdout == "Large enough\n"


def test_a_scan_of_20000_pixels_width_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wide.png").write_bytes(made_files.png("A long way", (20_000, 120)))
    ended = run("read", "wide.png")
    assert (ended.exit_code, ended.stdout) == (0, "A long way\n")


def test_stdin_without_a_byte(run: Run) -> None:
    ended = run("read", "-", stdin=b"")
    assert ended.exit_code == InputError.exit_code
    assert "stdin is empty" in only_error(ended.stderr)


def test_a_file_from_stdin(run: Run) -> None:
    ended = run("read", "-", stdin=made_files.png("Piped in"))
    assert (ended.exit_code, ended.stdout) == (0, "Piped in\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--to", "markdown"], "Did you mean 'md'?"),
        (["--to", "docx"], "md, json, html, txt, overlay"),
        (["--effort", "norml"], "Did you mean 'normal'?"),
        (["--text-layer", "sometimes"], "auto, always, never"),
        (["--dpi", "9999"], "1200"),
        (["--dpi", "fine"], "'fine'"),
        (["--jobs", "0"], "x>=1"),
        (["--pages", "5-x"], "malformed"),
        (["--pages", "9-3"], "runs nowhere"),
        (["--max-pixels", "many"], "250M"),
        (["--fetch-seconds", "0"], "x>0"),
        (["--pagse", "3"], "--pages"),
        (["--to", "overlay"], "Add -o DIR"),
        (["--to", "md", "--to", "json"], "Add -o DIR"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_or_value(
    run: Run, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Unread"))
    ended = run("read", "a.png", *arguments)
    assert ended.exit_code == UsageError.exit_code
    assert ended.stdout == ""
    assert expected in only_error(ended.stderr)


def test_pages_that_a_document_does_not_have(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(made_files.pdf_with_text("Only"))
    ended = run("read", "a.pdf", "--pages", "7")
    assert ended.exit_code == UsageError.exit_code
    assert "the document has 1" in only_error(ended.stderr)


@pytest.mark.parametrize("output_format", ["json", "html"])
def test_formats_that_cannot_follow_one_another(
    run: Run, tmp_path: Path, output_format: str
) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(made_files.png(name))
    ended = run("read", "a.png", "b.png", "--to", output_format)
    assert ended.exit_code == UsageError.exit_code
    assert ended.stdout == ""
    assert "Add -o DIR" in only_error(ended.stderr)


def test_a_file_in_place_of_the_output_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Unread"))
    (tmp_path / "out").write_text("I was here first")
    ended = run("read", "a.png", "-o", "out")
    assert ended.exit_code == OutputError.exit_code
    assert "out" in only_error(ended.stderr)
    assert (tmp_path / "out").read_text() == "I was here first"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody may write to")
def test_an_output_folder_that_nobody_may_write_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Unread"))
    ended = run("read", "a.png", "-o", "/proc/self/out")
    assert ended.exit_code == OutputError.exit_code
    assert "/proc/self/out" in only_error(ended.stderr)


# Every write beyond a limit on file size fails, as on a full disk.
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.argv = ["shuowen", "read", "a.png", "-o", "out", "--to", "json", "-q"]
runpy.run_module("shuowen", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
@pytest.mark.parametrize("limit", [0, 100, 1500])
def test_a_disk_that_is_full(start_python: Start, tmp_path: Path, limit: int) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Too much for this disk"))
    process = start_python("-c", LIMITED.format(limit=limit))
    _, stderr = process.communicate()
    assert process.returncode == OutputError.exit_code, stderr
    assert "cannot be" in only_error(stderr.decode())
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    # Finished pages may be kept; no output is there, whole or half.
    assert {path.suffix for path in left} <= {".jsonl"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
def test_after_a_full_disk_the_same_command_goes_on(
    run: Run, start_python: Start, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Too much for this disk"))
    start_python("-c", LIMITED.format(limit=100)).communicate()
    ended = run("read", "a.png", "-o", "out")
    assert (ended.exit_code, ended.stderr) == (0, "Wrote 1 file to out.\n")
    assert (tmp_path / "out" / "a.md").read_text() == "Too much for this disk\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_that_is_full(start_python: Start, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(made_files.png("Nowhere to go"))
    with Path("/dev/full").open("wb") as full:
        process = start_python("-m", "shuowen", "read", "a.png", stdout=full)
        _, stderr = process.communicate()
    assert process.returncode == OutputError.exit_code
    assert "standard output" in only_error(stderr.decode())


def test_names_that_collide_get_different_outputs(run: Run, tmp_path: Path) -> None:
    for name, text in {"a/x.png": "First", "b/x.png": "Second", "b/x.pdf": "Third"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        data = made_files.scanned_pdf(text) if name.endswith("pdf") else made_files.png(text)
        path.write_bytes(data)
    for _ in range(2):
        ended = run("read", "a/x.png", "b/x.png", "b/x.pdf", "-o", "out")
        assert ended.exit_code == 0, ended.stderr
        written = {path.name: path.read_text() for path in (tmp_path / "out").glob("*.md")}
        assert written == {"x.md": "First\n", "x.png.md": "Second\n", "x.pdf.md": "Third\n"}


def test_a_name_cannot_lead_out_of_the_output_folder(run: Run, tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a%2f..%2f..%2fevil.png").write_bytes(made_files.png("Stays here"))
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "x.png").write_bytes(made_files.png("Also here"))
    ended = run("read", "in", "in/../outer/x.png", "-o", "deep/out")
    assert ended.exit_code == 0, ended.stderr
    written = [path for path in tmp_path.rglob("*.md")]
    assert len(written) == 2
    assert {path.parent for path in written} == {tmp_path / "deep" / "out"}
