"""The package's own shape: which folder may import which, and how long its parts may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

LAYERS = {
    "version": 0,
    "errors": 0,
    "config": 0,
    "machine": 0,
    "document": 1,
    "hub": 1,
    "image": 1,
    "source": 1,
    "prompt": 2,
    "writers": 3,
    "generation": 3,
    "model": 3,
    "engines": 4,
    "reading": 5,
    "train": 5,
    "evals": 6,
    "launch": 7,
    "server": 8,
    "cli": 8,
    "__main__": 8,
}
"""Folders and modules directly below the package; a higher number may import a lower one."""

MAX_FUNCTION_LINES = 45
MAX_FILE_LINES = 300
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}
FILES = pytest.mark.parametrize("name", MODULES)


def imports(name: str) -> Iterator[str]:
    """Modules of the package that a module imports, wherever in the file and for whatever use."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.startswith("shuowen"))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            if node.module and node.module.split(".")[0] == "shuowen":
                for each in node.names:
                    inner = f"{node.module}.{each.name}"
                    yield inner if inner in MODULES else node.module


def layer(name: str) -> int:
    return LAYERS[name.split(".")[1]]


@FILES
def test_imports_point_down(name: str) -> None:
    if name == "shuowen":
        return  # the public names, which are imported when they are used
    for imported in imports(name):
        assert imported != "shuowen", f"{name} imports the package as a whole"
        assert layer(imported) <= layer(name), f"{name} imports {imported}, which stands above it"


def test_no_module_imports_itself_over_others() -> None:
    graph = {name: set(imports(name)) - {name} for name in MODULES if name != "shuowen"}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)


@FILES
def test_names_say_what_is_inside(name: str) -> None:
    assert not VAGUE_NAMES & set(name.split("."))


@FILES
def test_files_and_functions_are_short(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            num_lines = (node.end_lineno or 0) - node.lineno + 1
            assert num_lines <= MAX_FUNCTION_LINES, f"{node.name} has {num_lines} lines"


def test_every_part_has_its_layer() -> None:
    parts = {path.stem for path in (SOURCE / "shuowen").glob("*.py")} - {"__init__"}
    parts |= {path.parent.name for path in (SOURCE / "shuowen").glob("*/__init__.py")}
    assert parts == set(LAYERS)
