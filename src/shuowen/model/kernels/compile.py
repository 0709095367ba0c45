"""Compiling the C files once for each machine, and loading what came out.

A wheel of plain Python can go anywhere, so the kernels travel as source and are compiled on first
use, in one or two seconds, by the system's C compiler; the result stays in the user's cache.
`SHUOWEN_KERNELS=0` does without. They are not linked with an OpenMP of their own: their calls go to
the one that PyTorch has loaded, since two pools of threads would wait for each other.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import torch

from shuowen.model.kernels.calls import Kernels

_FOLDER = Path(__file__).parent
_FLAGS = ("-O3", "-march=native", "-fopenmp", "-fPIC", "-std=gnu11", "-c")
_COMPILE_SECONDS = 120
_log = logging.getLogger("shuowen")


@functools.cache
def load_kernels() -> Kernels | None:
    """The kernels for this machine; None where it has no compiler or not the instructions.

    The reason is logged at level INFO.
    """
    try:
        _check_wanted()
        return _opened()
    except (OSError, RuntimeError, AttributeError, subprocess.SubprocessError) as error:
        _log.info("The C kernels are not used: %s", error)
        return None


def _check_wanted() -> None:
    switch = os.environ.get("SHUOWEN_KERNELS", "1").lower()
    if switch in ("0", "false", "no", "off"):
        raise OSError(f"SHUOWEN_KERNELS is {switch}")
    if not _can_run():
        raise OSError("this processor has no AVX512_BF16, or the system is not supported")


def _opened() -> Kernels:
    library = _compiled()
    try:
        return Kernels(_open(library))
    except (OSError, AttributeError):  # half written when the power failed, say
        library.unlink(missing_ok=True)
        return Kernels(_open(_compiled()))


def _can_run() -> bool:
    machine = platform.machine().lower() in ("x86_64", "amd64")
    return machine and os.name == "posix" and "avx512_bf16" in _processor_flags()


def _processor_flags() -> frozenset[str]:
    """What Linux says of the processor; empty elsewhere."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.split())


def _compiled() -> Path:
    """The compiled library, made when it is not there yet; raises `OSError`."""
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("there is no C compiler (cc, gcc or $CC)")
    library = cache_folder() / f"kernels-{_key(compiler)}.so"
    if not library.is_file():
        _compile(compiler, library)
    return library


def cache_folder() -> Path:
    """Where compiled kernels are kept, for this user only: code is loaded from there."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "shuowen" / "kernels"
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    for path in (folder.parent, folder):
        path.mkdir(mode=0o700, exist_ok=True)
    for path in (folder.parent, folder, *folder.glob("*.so")):
        _check_own(path)
    return folder


def _check_own(path: Path) -> None:
    """Raise `PermissionError` for what others could have put there; links count as themselves."""
    status = path.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise PermissionError(f"{path} belongs to, or can be changed by, other users")


def _key(compiler: str) -> str:
    """Changes with the sources, the compiler and the processor."""
    digest = hashlib.sha256(f"{compiler} {_FLAGS} {sorted(_processor_flags())}".encode())
    version = subprocess.run(
        [compiler, "--version"], capture_output=True, check=True, timeout=_COMPILE_SECONDS
    )
    digest.update(version.stdout)
    for path in _sources("*.[ch]"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _compile(compiler: str, library: Path) -> None:
    with tempfile.TemporaryDirectory(dir=library.parent) as name:
        for source in _sources("*.c"):
            _run([compiler, *_FLAGS, str(source), "-o", f"{name}/{source.stem}.o"])
        objects = [str(path) for path in Path(name).glob("*.o")]
        made = Path(name, library.name)
        _run([compiler, "-shared", "-Wl,-Bsymbolic", *objects, "-o", str(made), "-lm"])
        made.chmod(0o700)
        made.replace(library)


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_COMPILE_SECONDS)
    if ended.returncode:
        raise OSError(f"{' '.join(command)} failed: {ended.stderr.strip()[-500:]}")


def _sources(pattern: str) -> list[Path]:
    return sorted(_FOLDER.glob(pattern))


def _open(library: Path) -> ctypes.CDLL:
    package = Path(torch.__file__).parent
    for folder in (package / "lib", package.parent / "torch.libs"):
        for path in sorted(folder.glob("libgomp*.so*")):
            ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL)  # loaded already; now its names are seen
            return ctypes.CDLL(str(library))
    raise OSError("PyTorch brings no libgomp here")
