"""The base install: few packages, none of them heavy, and no network at run time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import shuowen
from shuowen.cli.checks import BASE_PACKAGES

ROOT = Path(__file__).parents[2]
NUMBER_WORDS = {13: "thirteen", 14: "fourteen", 15: "fifteen"}

BLOCKED_READ = """
import socket, sys

class Blocked:
    def __init__(self, names):
        self.names = names
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"{{name}} is not in the base install", name=name)

def no_network(*arguments, **options):
    raise AssertionError("something used the network")

sys.meta_path.insert(0, Blocked({blocked!r}))
socket.socket = socket.create_connection = socket.getaddrinfo = no_network

import shuowen
import cv2
import numpy as np

pixels = np.full((160, 700, 3), 255, np.uint8)
cv2.putText(pixels, "Hello page one", (60, 100), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 3)
document = shuowen.read(cv2.imencode(".png", pixels)[1].tobytes())
print(*[region.text for page in document.pages for region in page.regions])
"""


def with_dependencies(distributions: set[str]) -> set[str]:
    """Distributions and all that they need here, by normalised name; extras left out."""
    found: set[str] = set()
    waiting = list(distributions)
    while waiting:
        name = normalised(waiting.pop())
        if name in found:
            continue
        found.add(name)
        for each in map(Requirement, requires(name) or []):
            if each.marker is None or each.marker.evaluate({"extra": ""}):
                waiting.append(each.name)
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def foreign_modules() -> set[str]:
    """Everything that can be imported here and that the base install does not bring."""
    own = {"shuowen", *with_dependencies(set(BASE_PACKAGES))}
    named = {"torch", "transformers", "vllm", "lmdeploy", "pillow_heif", "rapidfuzz", "apted"}
    return named | {
        module
        for module, owners in packages_distributions().items()
        if not own & {normalised(owner) for owner in owners}
    }


def run_python(script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )


def test_a_page_is_read_without_extras_and_without_network() -> None:
    blocked = foreign_modules()
    assert {"pytest", "torch"} <= blocked
    assert not {"numpy", "cv2", "PIL", "onnxruntime"} & blocked
    ended = run_python(BLOCKED_READ.format(blocked=blocked))
    assert (ended.stdout, ended.stderr) == ("Hello page one\n", "")


@pytest.mark.parametrize(
    "statement",
    ["import shuowen", "from shuowen import Document, Limits, ReadOptions, ShuowenError"],
)
def test_the_package_itself_is_light(statement: str) -> None:
    heavy = "{'numpy', 'cv2', 'PIL', 'onnxruntime', 'pypdfium2', 'urllib3', 'click', 'tqdm'}"
    ended = run_python(f"{statement}; import sys; print(*sorted({heavy} & set(sys.modules)))")
    assert (ended.stdout, ended.stderr) == ("\n", "")


def test_public_names() -> None:
    assert set(shuowen.__all__) <= set(dir(shuowen))
    for name in shuowen.__all__:
        assert getattr(shuowen, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = shuowen.reed


def test_there_are_as_few_direct_dependencies_as_pyproject_says() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"{NUMBER_WORDS[len(BASE_PACKAGES)]} direct dependencies" in text
    assert not {"torch", "transformers"} & set(BASE_PACKAGES)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readmes_count_the_installed_packages_rightly(readme: str) -> None:
    row = re.search(r"^\| (?:Base install|基础安装) \| (\d+)", read(readme), re.MULTILINE)
    assert row
    # Newer releases of what we depend on may bring a package more or need one less.
    assert abs(int(row[1]) - len(with_dependencies(set(BASE_PACKAGES)))) <= 3


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
