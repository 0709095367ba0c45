from __future__ import annotations

import time
from pathlib import Path

import pytest

from shuowen.launch import gpus
from shuowen.launch.gpus import Gpu, find_gpus, visible

LISTED = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-aaaa)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-22222222-bbbb)
  MIG 1g.10gb     Device  0: (UUID: MIG-33333333-cccc)
"""
TWO = (
    Gpu(index=0, name="NVIDIA H100 80GB HBM3", uuid="GPU-11111111-aaaa"),
    Gpu(index=1, name="NVIDIA H100 80GB HBM3", uuid="GPU-22222222-bbbb"),
)


def program(folder: Path, script: str) -> dict[str, str]:
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:/bin:/usr/bin"}


def test_cards_are_listed_with_their_names(tmp_path: Path) -> None:
    environ = program(tmp_path, f"cat <<'END'\n{LISTED}END")
    assert find_gpus(environ) == TWO
    assert find_gpus({**environ, "CUDA_VISIBLE_DEVICES": "1"}) == TWO[1:]
    part = find_gpus({**environ, "CUDA_VISIBLE_DEVICES": "MIG-33333333-cccc"})
    assert [gpu.name for gpu in part] == ["MIG 1g.10gb"]


@pytest.mark.parametrize(
    "script",
    ["echo 'No devices were found' && exit 6", "echo NVIDIA-SMI has failed", "printf '\\377\\376'"],
)
def test_a_driver_without_cards_has_none(tmp_path: Path, script: str) -> None:
    assert find_gpus(program(tmp_path, script)) == ()


def test_without_a_driver_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "_DRIVER_FILES", tmp_path / "none")
    assert find_gpus({"PATH": str(tmp_path)}) == ()


def test_without_the_program_the_drivers_files_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "_DRIVER_FILES", tmp_path)
    for number, card in enumerate(TWO):
        file = tmp_path / f"0000:0{number}:00.0" / "information"
        file.parent.mkdir()
        file.write_text(f"Model: \t\t {card.name}\nIRQ: 1\nGPU UUID: \t {card.uuid}\n")
    environ = {"PATH": str(tmp_path)}
    assert find_gpus(environ) == TWO
    assert find_gpus({**environ, "CUDA_VISIBLE_DEVICES": "GPU-2"}) == TWO[1:]


def test_a_driver_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "_SECONDS", 0.2)
    began_at = time.monotonic()
    assert find_gpus(program(tmp_path, "exec sleep 30")) == ()
    assert time.monotonic() - began_at < 10


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, TWO),
        ("0,1", TWO),
        ("1,0", TWO[::-1]),
        ("1", TWO[1:]),
        (" 0 , 1 ", TWO),
        ("GPU-2", TWO[1:]),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", TWO[:1]),
        ("0,7,1", TWO[:1]),
        ("0,0", TWO[:1]),
        ("GPU-", ()),
        ("NoDevFiles", ()),
    ],
)
def test_cuda_visible_devices(wanted: str | None, expected: tuple[Gpu, ...]) -> None:
    assert visible(TWO, wanted) == expected
