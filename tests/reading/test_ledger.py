from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import OutputError
from shuowen.reading.ledger import Ledger, Origin, OutputRecord, OutputState

TOP = PurePosixPath()


def record(output: str, data: bytes, **changed: object) -> OutputRecord:
    values = {
        "output": output,
        "stem": output.removesuffix(".md"),
        "sha256": hashlib.sha256(data).hexdigest(),
        "key": "made so",
        "complete": True,
        "origin": Origin("/in/x.pdf", "ab"),
        **changed,
    }
    return OutputRecord(**values)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".shuowen" / "outputs.jsonl"


def test_states_of_an_output(tmp_path: Path, path: Path) -> None:
    ledger = Ledger(tmp_path, path)
    file = tmp_path / "x.md"
    assert ledger.state("x.md", "made so") is OutputState.WANTED
    file.write_bytes(b"somebody's")
    assert ledger.state("x.md", "made so") is OutputState.FOREIGN
    ledger.add(record("x.md", b"ours"))
    file.write_bytes(b"ours")
    for each in (ledger, Ledger(tmp_path, path)):
        assert each.state("x.md", "made so") is OutputState.CURRENT
        assert each.state("x.md", "made otherwise") is OutputState.WANTED
    file.write_bytes(b"ours, corrected")
    assert Ledger(tmp_path, path).state("x.md", "made so") is OutputState.EDITED
    file.unlink()
    assert ledger.state("x.md", "made so") is OutputState.WANTED
    file.mkdir()
    assert ledger.state("x.md", "made so") is OutputState.WANTED  # putting it there tells the rest


def test_an_incomplete_output_is_wanted_again(tmp_path: Path, path: Path) -> None:
    ledger = Ledger(tmp_path, path)
    ledger.add(record("x.md", b"half", complete=False))
    (tmp_path / "x.md").write_bytes(b"half")
    assert ledger.state("x.md", "made so") is OutputState.WANTED


def test_a_crash_before_the_rename_leaves_the_old_output_ours(tmp_path: Path, path: Path) -> None:
    ledger = Ledger(tmp_path, path)
    ledger.add(record("x.md", b"old", key="old key"))
    (tmp_path / "x.md").write_bytes(b"old")
    ledger.add(record("x.md", b"new"))
    assert Ledger(tmp_path, path).state("x.md", "made so") is OutputState.WANTED


@given(st.integers(min_value=0))
def test_a_torn_ledger_forgets_at_most_what_is_torn(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("out")
    path = folder / "outputs.jsonl"
    Ledger(folder, path).add(record("x.md", b"x"))
    length = path.stat().st_size
    Ledger(folder, path).add(record("y.md", b"y"))
    whole = path.read_bytes()
    path.write_bytes(whole[: length + cut % (len(whole) - length)])
    Ledger(folder, path).add(record("z.md", b"z"))
    again = Ledger(folder, path)
    assert again.knows(PurePosixPath("x.md"))
    assert again.knows(PurePosixPath("z.md"))


def test_a_ledger_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    ledger = Ledger(tmp_path, tmp_path / "sub" / "outputs.jsonl")
    (tmp_path / "sub").write_text("no folder")
    with pytest.raises(OutputError, match="cannot be written"):
        ledger.add(record("x.md", b""))


def test_sources_of_one_name_get_stems_of_their_own(tmp_path: Path, path: Path) -> None:
    ledger = Ledger(tmp_path, path)
    origins = [Origin(f"/{folder}/x", folder) for folder in "abcd"]
    stems = [ledger.stem_for(origin, TOP, "x", ".pdf") for origin in origins]
    assert stems == ["x", "x.pdf", "x.pdf-2", "x.pdf-3"]
    assert [ledger.stem_for(each, TOP, "x", ".pdf") for each in origins] == stems
    assert ledger.stem_for(origins[0], PurePosixPath("sub"), "x", ".pdf") == "sub/x"


def test_names_that_some_systems_take_for_one(tmp_path: Path, path: Path) -> None:
    ledger = Ledger(tmp_path, path)
    assert ledger.stem_for(Origin("/a", "a"), TOP, "Café", "") == "Café"
    assert ledger.stem_for(Origin("/b", "b"), TOP, "CAFE\u0301", "") == "CAFE\u0301-2"


def test_an_earlier_run_keeps_its_names(tmp_path: Path, path: Path) -> None:
    Ledger(tmp_path, path).add(record("x.md", b"", origin=Origin("/in/x.pdf", "ab")))
    again = Ledger(tmp_path, path)
    assert again.stem_for(Origin("/other/x.pdf", "cd"), TOP, "x", ".pdf") == "x.pdf"
    changed = Ledger(tmp_path, path)
    assert changed.stem_for(Origin("/in/x.pdf", "changed"), TOP, "x", ".pdf") == "x"
    moved = Ledger(tmp_path, path)
    assert moved.stem_for(Origin("/moved/x.pdf", "ab"), TOP, "x", ".pdf") == "x"


def test_equal_files_in_one_run_get_an_output_each(tmp_path: Path, path: Path) -> None:
    ledger = Ledger(tmp_path, path)
    assert ledger.stem_for(Origin("/a/x.pdf", "ab"), TOP, "x", ".pdf") == "x"
    assert ledger.stem_for(Origin("/b/x.pdf", "ab"), TOP, "x", ".pdf") == "x.pdf"
