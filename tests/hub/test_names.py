"""Names of models: what is a folder, what is on which hub, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import ModelError, ShuowenError, UsageError
from shuowen.hub.names import ModelName, parse_name

NAME = "OpenGVLab/InternVL3-1B"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NAME, ModelName(hub="hf", repo_id=NAME)),
        (f"hf:{NAME}", ModelName(hub="hf", repo_id=NAME)),
        (f"{NAME}@v1.0", ModelName(hub="hf", repo_id=NAME, revision="v1.0")),
        (f"modelscope:{NAME}", ModelName(hub="modelscope", repo_id=NAME)),
        (f"modelscope:{NAME}@b", ModelName(hub="modelscope", repo_id=NAME, revision="b")),
    ],
)
def test_names_on_hubs(text: str, expected: ModelName) -> None:
    parsed = parse_name(text)
    assert parsed == expected
    assert parse_name(str(parsed)) == parsed


def test_a_folder_that_is_there_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(NAME).mkdir(parents=True)
    assert parse_name(NAME) == Path(NAME)
    assert parse_name(f"hf:{NAME}") == ModelName(hub="hf", repo_id=NAME)


@pytest.mark.parametrize("text", ["./models/x", "/no/such", "~/no-such", "a/b/c", "C:\\x"])
def test_a_folder_that_is_not_there_is_named(text: str) -> None:
    with pytest.raises(ModelError, match="There is no folder"):
        parse_name(text)


@pytest.mark.parametrize(
    "text", ["", "InternVL3-1B-Instruct", "hf:InternVL3-1B", "s3:a/b", "a/b@", "a--b/c", "a/b..c"]
)
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no model"):
        parse_name(text)


def test_a_name_without_its_owner_gets_the_full_one() -> None:
    with pytest.raises(UsageError, match="Did you mean OpenGVLab/InternVL3-1B-Instruct"):
        parse_name("internvl3-1b-instruct")


@given(st.text(alphabet="ab/.-_:@~\\ \0é", max_size=20))
def test_no_name_can_leave_a_cache_folder(text: str) -> None:
    try:
        name = parse_name(text)
    except ShuowenError:
        return
    if isinstance(name, ModelName):
        assert ".." not in name.repo_id
        assert name.repo_id.count("/") == 1
        assert "/" not in name.revision
