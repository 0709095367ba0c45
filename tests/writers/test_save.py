from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shuowen.errors import OutputError
from shuowen.writers.save import prepare_folder, save

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
POSIX = pytest.mark.skipif(os.name != "posix", reason="limits and permissions of POSIX")

SAVE_A_MEGABYTE = """
import sys
from pathlib import Path
from shuowen.errors import OutputError
from shuowen.writers.save import save
try:
    save(Path(sys.argv[1]), bytes(1_000_000))
except OutputError as error:
    print(error)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_in_a_new_folder_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "里面" / "a.md"
    save(path, "说文".encode())
    save(path, b"second")
    assert path.read_bytes() == b"second"
    assert names(path.parent) == ["a.md"]


@POSIX
def test_a_file_has_the_rights_that_any_new_file_has(tmp_path: Path) -> None:
    save(tmp_path / "ours", b"")
    (tmp_path / "theirs").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


@pytest.mark.parametrize("at_rename", [False, True])
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_at_any_step_leaves_the_old_file_and_no_other(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_rename: bool,
    error: BaseException,
    raised: type[BaseException],
) -> None:
    def fail(*_: object) -> None:
        raise error

    save(tmp_path / "a.md", b"old")
    with monkeypatch.context() as patch, pytest.raises(raised):
        owner, step = (Path, "replace") if at_rename else (os, "fsync")
        patch.setattr(owner, step, fail)
        save(tmp_path / "a.md", b"new")
    assert names(tmp_path) == ["a.md"]
    assert (tmp_path / "a.md").read_bytes() == b"old"


@POSIX
def test_a_file_too_large_for_the_system_leaves_nothing(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    done = _run(f"{limit}\n{SAVE_A_MEGABYTE}", tmp_path / "a.md")
    assert done == f"{tmp_path}/a.md cannot be written: File too large. " + (
        "Choose a folder where you may write with -o.\n"
    )
    assert names(tmp_path) == []


def test_a_full_disk_leaves_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    """On a real disk of 64 kB, where the system lets anybody mount one."""
    mount = f"mount -t tmpfs -o size=64k tmpfs {tmp_path}"
    if not shutil.which("unshare") or _unshared(mount).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    python = f'"{sys.executable}" -c "$PROGRAM" {tmp_path}/a.md'
    done = _unshared(f"{mount} && {python} && ls -A {tmp_path}")
    assert done.stdout == f"{tmp_path}/a.md cannot be written: No space left on device. " + (
        "Free some space, or choose a folder on another disk with -o.\n"
    )


def _run(program: str, path: Path) -> str:
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _unshared(script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PROGRAM": SAVE_A_MEGABYTE}
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_a_folder_in_the_way_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "a.md").mkdir()
    with pytest.raises(OutputError, match=r"a\.md cannot be written"):
        save(tmp_path / "a.md", b"x")
    assert names(tmp_path) == ["a.md"]


def test_a_file_where_a_folder_should_be_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"x")
    with pytest.raises(OutputError, match=r"out.a\.md cannot be written"):
        save(tmp_path / "out" / "a.md", b"x")
    with pytest.raises(OutputError, match="The output folder .*out cannot be used"):
        prepare_folder(tmp_path / "out")


@POSIX
@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_an_output_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied") as caught:
        save(tmp_path / "a.md", b"x")
    assert caught.value.hint == "Choose a folder where you may write with -o."
    with pytest.raises(OutputError, match="Permission denied"):
        prepare_folder(tmp_path)
    tmp_path.chmod(0o700)


def test_a_prepared_folder_is_there_and_empty(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b")
    prepare_folder(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []
