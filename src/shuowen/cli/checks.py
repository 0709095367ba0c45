"""What `shuowen doctor` looks at: each check answers with a record, and none stops the others."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from shuowen.engines.embedded.manifest import read_manifest
from shuowen.errors import EngineError, ModelError, ShuowenError, as_shuowen_error
from shuowen.machine import available_cores, memory_bytes
from shuowen.version import __version__

State = Literal["ok", "missing", "broken"]

BASE_PACKAGES = {
    "click": "click",
    "fastapi": "fastapi",
    "msgspec": "msgspec",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "opencv-python-headless": "cv2",
    "Pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "pypdfium2": "pypdfium2",
    "python-multipart": "python_multipart",
    "tokenizers": "tokenizers",
    "tqdm": "tqdm",
    "urllib3": "urllib3",
    "uvicorn": "uvicorn",
}
"""What every install has: name in the registry, name to import."""

SELF_TEST_TEXT = "Shuowen 2026"


@dataclass(frozen=True, kw_only=True)
class Extra:
    """An optional part: the packages it brings (registry name, name to import), and what for."""

    name: str
    packages: dict[str, str]
    enables: str


EXTRAS = (
    Extra(
        name="torch",
        packages={"torch": "torch", "safetensors": "safetensors"},
        enables="InternVL3 on this machine: `shuowen chat`, `shuowen.load_model`",
    ),
    Extra(
        name="constrain",
        packages={"llguidance": "llguidance"},
        enables="answers that must follow a JSON schema or a regular expression",
    ),
    Extra(
        name="mcp",
        packages={"mcp": "mcp"},
        enables="`shuowen mcp`, with which assistants that speak MCP read documents",
    ),
    Extra(
        name="video",
        packages={"av": "av"},
        enables="frames of videos as pictures for InternVL3",
    ),
    Extra(
        name="heic",
        packages={"pillow-heif": "pillow_heif"},
        enables="reading HEIC and HEIF photos, as phones take them",
    ),
    Extra(
        name="bench",
        packages={"rapidfuzz": "rapidfuzz", "apted": "apted"},
        enables="`shuowen bench`, which scores reading on pages with known text",
    ),
    Extra(
        name="train",
        packages={
            "fonttools": "fontTools",
            "matplotlib": "matplotlib",
            "peft": "peft",
            "tensorboard": "tensorboard",
        },
        enables="`shuowen train`: curves, LoRA and DoRA, fonts of your own; brings torch and bench",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        group: system, package, weights, extra or self-test.
        name: What was looked at.
        state: ok; missing (optional, and not there); broken (reading cannot work).
        detail: What was found, or what a missing extra would enable.
        remedy: The command that puts it right; empty when nothing needs to be done.
        exit_code: What the process ends with because of this; 0 unless broken.
    """

    group: str
    name: str
    state: State
    detail: str
    remedy: str = ""
    exit_code: int = 0


def run_checks() -> Iterator[Check]:
    """All checks, quick ones first."""
    yield from _system()
    for distribution, module in BASE_PACKAGES.items():
        yield _package(distribution, module)
    yield from _weights()
    yield _language_model()
    for extra in EXTRAS:
        yield _extra(extra)
    yield _self_test()


def pip_command(requirement: str, *flags: str) -> str:
    """The exact command that installs `requirement` for the Python that is running."""
    return " ".join([f'"{sys.executable}" -m pip install', *flags, f'"{requirement}"'])


def _system() -> Iterator[Check]:
    memory = memory_bytes()
    facts = {
        "shuowen": __version__,
        "python": f"{platform.python_version()} at {sys.executable}",
        "platform": platform.platform(),
        "cores": str(available_cores()),
        "memory": "unknown" if memory is None else f"{memory / 1024**3:.1f} GiB",
    }
    for name, detail in facts.items():
        yield Check(group="system", name=name, state="ok", detail=detail)


def _package(distribution: str, module: str) -> Check:
    problem = _import_problem(module)
    return Check(
        group="package",
        name=distribution,
        state="broken" if problem else "ok",
        detail=problem or _version_of(distribution),
        remedy=pip_command(distribution, "--force-reinstall") if problem else "",
        exit_code=EngineError.exit_code if problem else 0,
    )


def _weights() -> Iterator[Check]:
    try:
        listed = read_manifest()
    except ModelError as error:
        yield _broken("weights", "MANIFEST.json", error)
        return
    for weights in listed:
        found = f"{weights.model}, {weights.licence}, from {weights.package}, SHA-256 matches"
        yield _tried("weights", weights.file, found, weights.check)


def _language_model() -> Check:
    found = "n-grams of Chinese and English, SHA-256 matches"
    return _tried("weights", "language model", found, _check_language_model)


def _check_language_model() -> None:
    # Imported here, as in the self-test below.
    from shuowen.engines.embedded.language.record import check_model

    check_model()


def _extra(extra: Extra) -> Check:
    problems = [_import_problem(module) for module in extra.packages.values()]
    is_missing = any(problems)
    return Check(
        group="extra",
        name=extra.name,
        state="missing" if is_missing else "ok",
        detail=f"for {extra.enables}",
        remedy=pip_command(f"shuowen[{extra.name}]") if is_missing else "",
    )


def _self_test() -> Check:
    return _tried("self-test", "reading", f"a picture of {SELF_TEST_TEXT!r} reads so", _read_a_line)


def _read_a_line() -> None:
    """Draw a line of text and read it; raises `EngineError` when something else is read."""
    # Imported here: a broken package must be told as such, and not end the doctor.
    import cv2
    import numpy as np

    from shuowen.reading.read import read

    pixels = np.full((120, 640, 3), 255, np.uint8)
    cv2.putText(pixels, SELF_TEST_TEXT, (40, 78), cv2.FONT_HERSHEY_SIMPLEX, 1.8, (0, 0, 0), 3)
    document = read(cv2.imencode(".png", pixels)[1].tobytes())
    lines = [region.text for page in document.pages for region in page.regions]
    if SELF_TEST_TEXT not in " ".join(lines):
        raise EngineError(f"A picture of {SELF_TEST_TEXT!r} was read as {lines!r}.")


def _tried(group: str, name: str, found: str, attempt: Callable[[], None]) -> Check:
    """ok when `attempt` comes back, else broken; a doctor reports every kind of failure."""
    try:
        attempt()
    except Exception as error:
        return _broken(group, name, as_shuowen_error(error, f"checking {name}"))
    return Check(group=group, name=name, state="ok", detail=found)


def _broken(group: str, name: str, error: ShuowenError) -> Check:
    return Check(
        group=group,
        name=name,
        state="broken",
        detail=error.message,
        remedy=pip_command("shuowen", "--force-reinstall"),
        exit_code=error.exit_code,
    )


def _import_problem(module: str) -> str:
    """Why `module` cannot be imported; empty when it can. Missing libraries raise all sorts."""
    try:
        importlib.import_module(module)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "there, under another package name"
