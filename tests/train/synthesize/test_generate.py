from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from shuowen.errors import ConflictError, OutputError, UsageError
from shuowen.evals.datasets import load_set
from shuowen.train.sources import sources_from_meta
from shuowen.train.synthesize import generate as module
from shuowen.train.synthesize import pieces
from shuowen.train.synthesize.generate import GenerateOptions, generate
from shuowen.train.synthesize.made import DocumentOptions

KINDS = ("table", "form", "receipt", "line", "cell")
OPTIONS = GenerateOptions(count=12, kinds=KINDS, num_workers=1, document=DocumentOptions(dpi=70))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 5)


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if path.name != "meta.json"  # names the folder
    }


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_consistent(folder: Path) -> int:
    """Every row names a picture that is there; returns how many documents have rows."""
    truth = rows(folder / "truth.jsonl")
    for row in (*truth, *rows(folder / "annotations.jsonl")):
        assert (folder / str(row.get("file") or row["image"])).is_file()
    assert not list(folder.rglob("*.part"))
    return len(truth)


def test_training_and_scoring_take_the_folder(tmp_path: Path) -> None:
    result = generate(tmp_path / "set", OPTIONS)
    assert (result.num_made, result.num_kept) == (12, 0)
    assert check_consistent(tmp_path / "set") == 12
    items = load_set(tmp_path / "set").items
    assert [item.kind for item in items[:5]] == ["table", "page", "page", "line", "cell"]
    assert items[0].html is not None
    assert items[2].folds_case
    (source,) = sources_from_meta(tmp_path / "set" / "meta.json")
    assert len(source) == result.num_rows
    record = source.record(1)
    assert record.pictures[0].load().ndim == 3  # type: ignore[union-attr]


def test_forms_are_asked_for_their_fields_too(tmp_path: Path) -> None:
    generate(tmp_path, OPTIONS)
    asked = [row for row in rows(tmp_path / "annotations.jsonl") if str(row["id"]).startswith("1-")]
    truth = rows(tmp_path / "truth.jsonl")[1]
    answers = [row["conversations"][1]["value"] for row in asked]  # type: ignore[index]
    assert answers[0] == truth["text"]
    assert json.loads(answers[1]) == truth["fields"]


def test_more_processes_write_the_same_files(tmp_path: Path) -> None:
    # Workers are started afresh and have pieces of their usual size.
    many = GenerateOptions(count=12, kinds=KINDS, num_workers=2, document=OPTIONS.document)
    generate(tmp_path / "one", OPTIONS)
    generate(tmp_path / "two", many)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_what_is_there_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path, OPTIONS)
    before = files(tmp_path)
    monkeypatch.setattr(module, "make_document", None)
    again = generate(tmp_path, OPTIONS)
    assert (again.num_made, again.num_kept) == (0, 12)
    assert files(tmp_path) == before


def test_a_folder_grows(tmp_path: Path) -> None:
    generate(tmp_path / "grown", GenerateOptions(**{**vars(OPTIONS), "count": 7}))
    grown = generate(tmp_path / "grown", OPTIONS)
    assert grown.num_kept == 5
    generate(tmp_path / "whole", OPTIONS)
    assert files(tmp_path / "grown") == files(tmp_path / "whole")


def test_other_options_are_refused(tmp_path: Path) -> None:
    generate(tmp_path, OPTIONS)
    with pytest.raises(ConflictError, match="other options"):
        generate(tmp_path, GenerateOptions(**{**vars(OPTIONS), "seed": 1}))


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_stop_leaves_a_consistent_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as broken:
        calls = iter(range(100))

        def failing(pixels: object, picture_format: str) -> bytes:
            if next(calls) == 8:
                with pieces.writing(tmp_path):
                    raise error
            return b"picture"

        broken.setattr(module, "_encoded", failing)
        expected = OutputError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected):
            generate(tmp_path, OPTIONS)
    assert check_consistent(tmp_path) == 5
    assert generate(tmp_path, OPTIONS).num_kept == 5


def test_a_full_disk_under_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).name == "00000006.jpg":
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        with pytest.raises(OutputError, match="00000006.jpg cannot be written: No space left"):
            generate(tmp_path, OPTIONS)
    assert check_consistent(tmp_path) == 5


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"kinds": ("poem",)}, {"num_workers": 0}, {"seed": -1}]
)
def test_wrong_options_are_usage_errors(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        GenerateOptions(**{"count": 1, **wrong})  # type: ignore[arg-type]
