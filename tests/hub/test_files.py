"""Files of a model: which are wanted, which names are safe, what they hash to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import ModelError
from shuowen.hub.files import Checksum, hash_file, is_safe, is_wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("model-00001-of-00004.safetensors", True),
        ("model.safetensors.index.json", True),
        ("chat_template.jinja", True),
        ("tokenizer.model", True),
        ("merges.txt", True),
        ("LICENSE", True),
        ("README.md", True),
        ("pytorch_model.bin", False),
        ("modeling_internvl_chat.py", False),
        ("LICENSE.py", False),
        ("training_args.pt", False),
        ("examples/image1.jpg", False),
        (".gitattributes", False),
    ],
)
def test_only_what_is_needed_is_wanted(path: str, wanted: bool) -> None:
    assert is_wanted(path) is wanted


@given(st.text(alphabet="a./\\:~ \0", max_size=12))
def test_a_safe_name_stays_inside_its_folder(path: str) -> None:
    if is_safe(path):
        folder = Path("/models/m")
        inside = folder.joinpath(*path.split("/"))
        assert Path("/models/m") in inside.parents
        assert ".." not in inside.parts


@pytest.mark.parametrize("path", ["config.json", "a/b/model.safetensors", ".gitattributes", "模型"])
def test_ordinary_names_are_safe(path: str) -> None:
    assert is_safe(path)


def test_git_checksums_are_those_of_git(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"some bytes\n" * 1000)
    checksum = Checksum("git", "0" * 40)
    ours = hash_file(path, checksum.hasher(path.stat().st_size))
    gits = subprocess.run(
        ["git", "hash-object", "--no-filters", str(path)], capture_output=True, text=True
    )
    assert ours == gits.stdout.strip()


@pytest.mark.parametrize("value", ["", "xyz", "A" * 64, "0" * 63, "../../etc/passwd"])
def test_what_is_no_checksum_is_refused(value: str) -> None:
    with pytest.raises(ModelError, match="as a checksum"):
        Checksum("sha256", value)
