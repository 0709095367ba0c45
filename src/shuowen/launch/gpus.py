"""Which graphics cards this machine has, and which of them a program started here may use."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_CARD = re.compile(r"GPU (\d+): (.+?)(?: \(UUID: ([^)]+)\))?\s*$")
_SLICE = re.compile(r"MIG (\S+) +Device +\d+: \(UUID: ([^)]+)\)")
_MODEL = re.compile(r"^Model:\s*(.+?)\s*$", re.MULTILINE)
_UUID = re.compile(r"^GPU UUID:\s*(\S+)", re.MULTILINE)
_DRIVER_FILES = Path("/proc/driver/nvidia/gpus")
_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A graphics card, or a slice of one (MIG).

    Attributes:
        index: The card's number for the driver, from 0; None for a slice, which has none.
        name: Such as "NVIDIA H100 80GB HBM3".
        uuid: Its name for ever; empty where the driver does not tell.
    """

    index: int | None
    name: str
    uuid: str = ""


def find_gpus(environ: Mapping[str, str]) -> tuple[Gpu, ...]:
    """NVIDIA's cards, as far as CUDA_VISIBLE_DEVICES lets them be seen.

    `nvidia-smi` lists them; where there is no such program, as in some containers, the driver's
    files do. A driver that does not answer within ten seconds counts as none.
    """
    program = shutil.which("nvidia-smi", path=environ.get("PATH"))
    found = _by_files() if program is None else _by_program(program)
    return visible(found, environ.get("CUDA_VISIBLE_DEVICES"))


def visible(gpus: tuple[Gpu, ...], wanted: str | None) -> tuple[Gpu, ...]:
    """Those that CUDA_VISIBLE_DEVICES names, by number or by the beginning of their UUID.

    As for CUDA, the first that there is not ends the list, and slices must be named.
    """
    if wanted is None:
        return tuple(gpu for gpu in gpus if gpu.index is not None)
    chosen: list[Gpu] = []
    for word in wanted.split(","):
        name = word.strip()
        found = [gpu for gpu in gpus if _is_named(gpu, name)]
        if len(found) != 1 or found[0] in chosen:
            break
        chosen += found
    return tuple(chosen)


def _by_program(program: str) -> tuple[Gpu, ...]:
    try:
        listed = subprocess.run(
            [program, "-L"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found: list[Gpu] = []
    for line in listed.stdout.splitlines():
        if match := _CARD.match(line.strip()):
            found.append(Gpu(index=int(match[1]), name=match[2], uuid=match[3] or ""))
        elif match := _SLICE.match(line.strip()):
            found.append(Gpu(index=None, name=f"MIG {match[1]}", uuid=match[2]))
    return tuple(found)


def _by_files() -> tuple[Gpu, ...]:
    try:
        texts = [path.read_text() for path in sorted(_DRIVER_FILES.glob("*/information"))]
    except OSError:
        return ()
    found = [(_MODEL.search(text), _UUID.search(text)) for text in texts]
    return tuple(
        Gpu(index=index, name=model[1] if model else "NVIDIA", uuid=uuid[1] if uuid else "")
        for index, (model, uuid) in enumerate(found)
    )


def _is_named(gpu: Gpu, name: str) -> bool:
    if name.isdigit():
        return gpu.index == int(name)
    return bool(name) and gpu.uuid.startswith(name)
