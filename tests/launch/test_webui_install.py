from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from shuowen.errors import CapacityError, EngineError, FetchError, OutputError, UsageError
from shuowen.hub.lock import only_one
from shuowen.launch import webui_install
from shuowen.launch.webui_install import (
    KNOWN_VERSION,
    TORCH_INDEX,
    WebuiInstall,
    find_python,
    install,
    install_steps,
    installed_version,
    open_webui_of,
)

STAND_IN = """#!/bin/sh
# Stands in for Python: makes an environment of itself, and installs as {folder}/failure says.
echo "$@" >> {folder}/calls
case "$*" in
  *find_spec*) exit 1 ;;
  "-c "*) echo {python_version}; exit 0 ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; exit ;;
esac
if [ -f {folder}/failure ]; then
  case "$*" in *"$(head -n 1 {folder}/failure)"*) tail -n +2 {folder}/failure; exit 1 ;; esac
fi
echo "Downloading $4 (12.3 MB)"
case "$*" in *open-webui*) cp "$0" "$(dirname "$0")/open-webui" ;; esac
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


class Watcher:
    def __init__(self) -> None:
        self.steps: list[str] = []
        self.lines: list[str] = []

    def step(self, number: int, total: int, name: str) -> None:
        self.steps.append(f"{number}/{total} {name}")

    def line(self, text: str) -> None:
        self.lines.append(text)


def stand_in(folder: Path, version: str = "3 12") -> Path:
    python = folder / f"python-{version.replace(' ', '.')}"
    python.write_text(STAND_IN.format(folder=folder, python_version=version))
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return python


@pytest.fixture
def wanted(tmp_path: Path) -> WebuiInstall:
    return WebuiInstall(folder=tmp_path / "venv", python=stand_in(tmp_path))


def calls(wanted: WebuiInstall) -> list[str]:
    return (wanted.python.parent / "calls").read_text().splitlines()


def fail(wanted: WebuiInstall, command: str, said: str) -> None:
    (wanted.python.parent / "failure").write_text(f"{command}\n{said}\n")


def test_pytorch_for_processors_comes_before_open_webui() -> None:
    wanted = WebuiInstall(folder=Path("/x"), python=Path("/usr/bin/python3.12"))
    commands = [" ".join(step.command) for step in install_steps(wanted, "linux")]
    assert commands[0] == "/usr/bin/python3.12 -m venv /x"
    assert commands[2].endswith(f"torch==2.13.0 --index-url {TORCH_INDEX}")
    assert commands[3].endswith(f"open-webui=={KNOWN_VERSION}")
    assert all(
        "--index-url" not in " ".join(each.command) for each in install_steps(wanted, "darwin")
    )


def test_another_release_gets_the_pytorch_that_is_current() -> None:
    wanted = WebuiInstall(
        folder=Path("/x"), python=Path("/p"), version="0.13.0", torch_index="http://m"
    )
    torch, webui = install_steps(wanted, "linux")[2:]
    assert torch.command[-3:] == ("torch", "--index-url", "http://m")
    assert webui.command[-1] == "open-webui==0.13.0"


def test_installing_says_what_it_does_and_gives_the_program(wanted: WebuiInstall) -> None:
    watcher = Watcher()
    assert install(wanted, watcher) == wanted.folder / "bin" / "open-webui"
    assert [step.split(" ", 1)[0] for step in watcher.steps] == ["1/4", "2/4", "3/4", "4/4"]
    assert "Open WebUI" in watcher.steps[-1]
    assert any("12.3 MB" in line for line in watcher.lines)
    assert installed_version(wanted.folder) == KNOWN_VERSION


def test_a_second_call_does_nothing(wanted: WebuiInstall) -> None:
    install(wanted, Watcher())
    before, again = calls(wanted), Watcher()
    install(wanted, again)
    assert (calls(wanted), again.steps) == (before, [])


def test_a_failed_installation_goes_on_where_it_stopped(wanted: WebuiInstall) -> None:
    fail(wanted, "open-webui==", "ERROR: Read timed out.")
    with pytest.raises(
        FetchError, match=r"Open WebUI 0\.12\.4 .* failed: Read timed out\."
    ) as failed:
        install(wanted, Watcher())
    assert "goes on where it stopped" in failed.value.hint
    assert open_webui_of(wanted.folder) is None
    (wanted.python.parent / "failure").unlink()
    again = Watcher()
    install(wanted, again)
    assert [step[0] for step in again.steps] == ["4"]


@pytest.mark.parametrize(
    ("said", "kind", "hint"),
    [
        ("ERROR: No matching distribution found for open-webui==9", FetchError, "--version"),
        ("ERROR: Connection refused", FetchError, "--torch-index"),
        ("after connection broken\nERROR: No matching distribution", FetchError, "--torch-index"),
        ("ERROR: [Errno 28] No space left on device", OutputError, "Free some space"),
        ("The virtual environment … ensurepip is not available", EngineError, "python3-venv"),
        ("Traceback: something odd", EngineError, "Run the same command again"),
    ],
)
def test_why_it_failed_and_what_helps(
    wanted: WebuiInstall, said: str, kind: type[Exception], hint: str
) -> None:
    fail(wanted, "open-webui==", said)
    with pytest.raises(kind) as failed:
        install(wanted, Watcher())
    assert type(failed.value) is kind
    assert hint in failed.value.hint  # type: ignore[attr-defined]


def test_a_newer_release_is_installed_over_the_old_one(wanted: WebuiInstall) -> None:
    install(wanted, Watcher())
    newer = WebuiInstall(folder=wanted.folder, python=wanted.python, version="0.13.0")
    install(newer, Watcher())
    assert installed_version(wanted.folder) == "0.13.0"


def test_two_at_once_are_refused(wanted: WebuiInstall) -> None:
    wanted.folder.mkdir()
    with only_one(wanted.folder), pytest.raises(CapacityError):
        install(wanted, Watcher())


def test_too_little_room_is_said_before_the_download(
    wanted: WebuiInstall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webui_install, "NEEDED_BYTES", 10**18)
    with pytest.raises(OutputError, match="of room"):
        install(wanted, Watcher())
    assert not (wanted.python.parent / "calls").exists()


def test_a_damaged_note_means_not_installed(wanted: WebuiInstall) -> None:
    install(wanted, Watcher())
    (wanted.folder / "shuowen-webui.json").write_text("{")
    assert installed_version(wanted.folder) == ""


def test_a_python_that_open_webui_does_not_take_is_refused(tmp_path: Path) -> None:
    assert find_python(stand_in(tmp_path, "3 11")).name == "python-3.11"
    for version in ("3 10", "3 13", "2 7"):
        with pytest.raises(UsageError, match=r"3\.11 or 3\.12"):
            find_python(stand_in(tmp_path, version))
    with pytest.raises(UsageError):
        find_python(tmp_path / "none")
