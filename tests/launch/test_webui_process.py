from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from shuowen.errors import EngineError, UsageError
from shuowen.launch.webui_process import (
    Child,
    check_port_is_free,
    is_loopback,
    wait_until_well,
    without_proxy,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals differ")


def child(tmp_path: Path, script: str, **environment: str) -> Child:
    return Child("Thing", (sys.executable, "-c", script), environment, tmp_path / "logs" / "a.log")


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_ends_says_why_with_its_last_words(tmp_path: Path) -> None:
    with child(tmp_path, "import sys; print('on my way'); sys.exit('no disk')") as ended:
        with pytest.raises(
            EngineError, match="Thing ended with code 1.*on my way.*no disk"
        ) as told:
            wait_until_well(ended, "http://127.0.0.1:9", 20)
        assert str(ended.log) in told.value.hint


def test_a_child_that_is_silent_is_given_up(tmp_path: Path) -> None:
    with (
        child(tmp_path, "import time; time.sleep(60)") as silent,
        pytest.raises(EngineError, match="does not answer after 0 seconds"),
    ):
        wait_until_well(silent, "http://127.0.0.1:9", 0.1)
    assert silent.exit_code() == 128 + signal.SIGTERM


def test_the_environment_is_added_to_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "old")
    monkeypatch.setenv("CHANGED", "old")
    script = "import os; print(os.environ['KEPT'], os.environ['CHANGED'])"
    with child(tmp_path, script, CHANGED="new") as told:
        wait_for(told.log, "old new")


def test_a_child_has_its_own_group_and_its_children_end_with_it(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time;"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print('inner', inner.pid, flush=True); time.sleep(60)"
    )
    with child(tmp_path, script) as parent:
        wait_for(parent.log, "inner")
        inner = int(parent.log.read_text().split()[-1])
        assert os.getpgid(inner) != os.getpgrp()
    deadline = time.monotonic() + 10
    while is_running(inner):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    parent.stop()  # once more does nothing


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with (
        Child("Thing", (str(tmp_path / "none"),), {}, tmp_path / "log") as missing,
        pytest.raises(EngineError, match="No such file"),
    ):
        wait_until_well(missing, "http://127.0.0.1:9", 20)


def test_a_taken_port_is_told_with_the_option_that_helps() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1") as told:
            check_port_is_free("127.0.0.1", port, "--port")
        assert "--port" in told.value.hint
    check_port_is_free("127.0.0.1", port, "--port")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "127.0.0.1,localhost,::1,scans.lan"),
        ({"NO_PROXY": ".corp, localhost"}, ".corp,localhost,127.0.0.1,::1,scans.lan"),
        ({"no_proxy": "a,,"}, "a,127.0.0.1,localhost,::1,scans.lan"),
    ],
)
def test_local_addresses_are_asked_without_a_proxy(before: dict[str, str], after: str) -> None:
    assert without_proxy(before, "scans.lan") == {"NO_PROXY": after, "no_proxy": after}


def test_which_addresses_are_this_machine() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "localhost", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.2", "host")))
