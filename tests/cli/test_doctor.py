from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shuowen.cli import checks
from shuowen.engines.embedded.language import record as language_record
from shuowen.engines.embedded.language.record import FileRecord
from shuowen.engines.embedded.manifest import Weights
from shuowen.errors import EngineError, ModelError
from tests.cli.conftest import Run

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def by_name(run: Run) -> dict[str, dict[str, Any]]:
    shown = json.loads(run("doctor", "--json").stdout)
    return {check["name"]: check for check in shown["checks"]}


def test_all_is_well_here(run: Run) -> None:
    ended = run("doctor")
    assert ended.exit_code == 0, ended.stdout
    assert ended.stdout.endswith("Reading works here.\n")
    for part in ("This machine", "onnxruntime", "recognise_small.onnx", "heic", "Self-test"):
        assert part in ended.stdout


def test_the_json_says_the_same(run: Run) -> None:
    shown = by_name(run)
    assert shown["reading"]["state"] == "ok"
    assert shown["Pillow"]["detail"][0].isdigit()
    assert shown["python"]["detail"].startswith(f"{sys.version_info.major}.")
    assert set(shown["heic"]) == {"group", "name", "state", "detail", "remedy", "exit_code"}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes modules impossible to import."""

    def block(*modules: str) -> None:
        for module in modules:
            monkeypatch.setitem(sys.modules, module, None)

    return block  # type: ignore[return-value]


def test_a_missing_extra_is_no_error_and_comes_with_its_command(run: Run, without: Any) -> None:
    without("pillow_heif", "rapidfuzz")
    ended = run("doctor")
    assert ended.exit_code == 0
    commands = [line.strip() for line in ended.stdout.splitlines() if "→" in line]
    assert commands == [
        f'→ "{sys.executable}" -m pip install "shuowen[heic]"',
        f'→ "{sys.executable}" -m pip install "shuowen[bench]"',
    ]
    assert "HEIC" in ended.stdout


def test_a_package_that_does_not_load_is_told(run: Run, without: Any) -> None:
    without("tqdm")
    ended = run("doctor")
    assert ended.exit_code == EngineError.exit_code
    assert "BROKEN" in ended.stdout
    assert "Reading does not work here: see tqdm above." in ended.stdout
    assert '-m pip install --force-reinstall "tqdm"' in ended.stdout


def test_damaged_weights_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Weights(
        file="detect_small.onnx",
        model="Other",
        package="none",
        path_in_package="",
        licence="MIT",
        num_bytes=1,
        sha256="00",
    )
    monkeypatch.setattr(checks, "read_manifest", lambda: (listed,))
    ended = run("doctor")
    assert ended.exit_code == ModelError.exit_code
    assert "detect_small.onnx are damaged" in ended.stdout


def test_a_damaged_language_model_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_name(run)["language model"]["state"] == "ok"
    record = FileRecord(file="chinese.lm", licence="MIT", num_bytes=1, sha256="00")
    monkeypatch.setattr(language_record, "read_record", lambda _: (record,))
    ended = run("doctor")
    assert ended.exit_code == ModelError.exit_code
    assert "BROKEN   language model" in ended.stdout
    assert "chinese.lm is damaged" in ended.stdout


def test_an_unreadable_manifest_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ModelError("The list of weights cannot be read.")

    monkeypatch.setattr(checks, "read_manifest", fail)
    assert run("doctor").exit_code == ModelError.exit_code


def test_a_reader_that_reads_something_else_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "SELF_TEST_TEXT", "")
    monkeypatch.setattr(checks, "_read_a_line", lambda: 1 / 0)
    ended = run("doctor")
    assert ended.exit_code != 0
    assert "ZeroDivisionError" in ended.stdout


def listed_in_pyproject(heading: str) -> list[str]:
    """Names of the requirements in one array of pyproject.toml; 3.10 has no TOML reader."""
    block = re.search(rf"^{heading} = \[(.*?)\]\s*(#.*)?$", PYPROJECT.read_text(), re.S | re.M)
    assert block
    named = re.findall(r'"([A-Za-z0-9._-]+)[^"]*"', block[1])
    return [name for name in named if name != "shuowen"]  # an extra may bring others of ours


def test_the_doctor_knows_every_base_package() -> None:
    assert sorted(checks.BASE_PACKAGES) == sorted(listed_in_pyproject("dependencies"))


def test_the_doctor_knows_every_extra_for_users() -> None:
    known = {extra.name: sorted(extra.packages) for extra in checks.EXTRAS}
    assert known == {name: sorted(listed_in_pyproject(name)) for name in known}
    text = PYPROJECT.read_text().partition("[project.optional-dependencies]")[2]
    names = re.findall(r"^(\w+) = \[", text.partition("\n[")[0], re.M)
    assert sorted(names) == sorted([*known, "dev"])
