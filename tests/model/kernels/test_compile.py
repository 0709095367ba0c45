"""Compiling the kernels: once, for this user, and never a reason to fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shuowen.model.kernels import compile as compiling


@pytest.fixture
def anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nothing loaded, nothing compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("SHUOWEN_KERNELS", raising=False)
    compiling.load_kernels.cache_clear()
    yield tmp_path
    compiling.load_kernels.cache_clear()


needs_processor = pytest.mark.skipif(not compiling._can_run(), reason="needs AVX512_BF16")


@needs_processor
def test_the_second_process_finds_what_the_first_compiled(anew: Path) -> None:
    assert compiling.load_kernels() is not None
    (library,) = anew.rglob("*.so")
    assert not list(anew.rglob("*.o"))
    written = library.stat().st_mtime_ns
    compiling.load_kernels.cache_clear()
    assert compiling.load_kernels() is not None
    assert library.stat().st_mtime_ns == written
    assert library.parent.stat().st_mode & 0o077 == 0


def test_a_switch_turns_them_off(anew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUOWEN_KERNELS", "0")
    assert compiling.load_kernels() is None
    assert not list(anew.iterdir())


@needs_processor
@pytest.mark.parametrize("problem", ["no compiler", "a compiler that fails", "no room"])
def test_without_them_all_goes_on(
    anew: Path, problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if problem == "no compiler":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif problem == "a compiler that fails":
        monkeypatch.setenv("CC", "false")
        monkeypatch.setattr(compiling.shutil, "which", lambda name: "/bin/false")
    else:
        blocked = tmp_path / "blocked"
        blocked.write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert compiling.load_kernels() is None


def test_a_processor_without_the_instructions_is_left_alone(
    anew: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "_processor_flags", lambda: frozenset({"avx2"}))
    assert compiling.load_kernels() is None


@needs_processor
def test_a_library_that_is_damaged_is_made_again(anew: Path) -> None:
    library = compiling._compiled()
    library.write_bytes(b"")
    assert compiling.load_kernels() is not None
    assert library.stat().st_size > 0


@needs_processor
def test_what_others_could_change_is_not_loaded(anew: Path) -> None:
    assert compiling.load_kernels() is not None
    (library,) = anew.rglob("*.so")
    library.chmod(0o770)
    compiling.load_kernels.cache_clear()
    assert compiling.load_kernels() is None


@needs_processor
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root")
def test_a_cache_of_another_user_is_not_trusted(anew: Path) -> None:
    folder = anew / "shuowen" / "kernels"
    folder.mkdir(parents=True)
    os.chown(folder, 12345, -1)
    assert compiling.load_kernels() is None
