from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import InputError, UsageError
from shuowen.evals import loading
from shuowen.evals.datasets import EvaluationSet
from shuowen.evals.loading import load_data

MakeSet = Callable[..., Path]
ROW = {"file": "a.png", "kind": "page", "text": "甲"}


@pytest.fixture(autouse=True)
def known_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides our own there is one form: a folder with a file "sign", of the sets x and y."""

    def load(folder: Path) -> list[EvaluationSet]:
        return [EvaluationSet(name=name, items=()) for name in ("x", "y")]

    monkeypatch.setattr(loading, "FORMATS", {"other": load})
    monkeypatch.setattr(
        loading, "detect", lambda folder: "other" if (folder / "sign").exists() else None
    )


def test_our_own_form_comes_first(make_set: MakeSet) -> None:
    folder = make_set("one", ROW)
    (folder / "sign").touch()
    data = load_data(folder)
    assert (data.form, [each.name for each in data.sets]) == ("truth", ["one"])
    assert [each.name for each in load_data(folder, form="other").sets] == ["x", "y"]


def test_another_form_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "sign").touch()
    data = load_data(tmp_path, ["y"])
    assert (data.form, [each.name for each in data.sets]) == ("other", ["y"])
    with pytest.raises(UsageError, match="no set named z"):
        load_data(tmp_path, ["z"])


def test_an_unknown_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format 'odd'") as raised:
        load_data(tmp_path, form="odd")
    assert "truth, other" in raised.value.hint


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no evaluation set") as raised:
        load_data(tmp_path)
    assert "other" in raised.value.hint
    with pytest.raises(InputError, match="not a folder"):
        load_data(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no evaluation set"):
        load_data(tmp_path, form="truth")
