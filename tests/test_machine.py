from __future__ import annotations

import os
from pathlib import Path

import pytest

from shuowen import machine


@pytest.fixture
def limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files in which a container's limits stand; empty at first."""
    monkeypatch.setattr(machine, "_CPU_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(machine, "_MEMORY_LIMIT", tmp_path / "memory.max")
    return tmp_path


def pinned() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize(
    ("quota", "most"),
    [("max 100000", 10**6), ("100000 100000", 1), ("50000 100000", 1), ("900000 100000", 9)],
)
def test_cores_within_a_container_s_share(limits: Path, quota: str, most: int) -> None:
    assert machine.available_cores() == pinned()
    (limits / "cpu.max").write_text(f"{quota}\n")
    assert machine.available_cores() == max(1, min(pinned(), most))


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="the system does not say")
def test_memory_within_a_container_s_limit(limits: Path) -> None:
    whole = machine.memory_bytes()
    assert whole is not None
    assert whole > 10**8
    (limits / "memory.max").write_text("max\n")
    assert machine.memory_bytes() == whole
    (limits / "memory.max").write_text("1000000\n")
    assert machine.memory_bytes() == 1_000_000


def test_data_is_kept_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert machine.data_home() == tmp_path / "shuowen"
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert machine.data_home() == tmp_path / ".local" / "share" / "shuowen"
