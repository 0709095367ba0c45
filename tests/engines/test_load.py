"""From a name to an engine: which kind, with which options, and what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shuowen.engines.best_of import innermost
from shuowen.engines.load import is_url, load_model
from shuowen.engines.remote import RemoteEngine
from shuowen.errors import ShuowenError, UsageError


def test_a_url_is_asked_over_the_network() -> None:
    engine = load_model("http://127.0.0.1:9/v1", model="tiny")
    assert isinstance(innermost(engine), RemoteEngine)
    assert engine.model_name == "tiny"
    engine.close()


def test_only_web_addresses_are_urls() -> None:
    assert is_url("HTTPS://host/v1")
    assert not is_url("OpenGVLab/InternVL3-1B")
    assert not is_url("./http:/folder")


def test_an_option_of_the_other_kind_is_refused_with_advice() -> None:
    with pytest.raises(UsageError, match="A model on a server has no option 'weights'"):
        load_model("http://127.0.0.1:9", weights="int8")
    with pytest.raises(UsageError, match="Did you mean weights"):
        load_model("somewhere", weight="int8")
    with pytest.raises(UsageError, match="threads is -1"):
        load_model("somewhere", threads=-1)


BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "safetensors", "av", "llguidance"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
from shuowen.engines.load import load_model
from shuowen.errors import MissingExtraError

load_model("http://127.0.0.1:9", model="tiny").close()
try:
    load_model(sys.argv[1])
except MissingExtraError as error:
    print(error)
"""


def test_without_torch_a_server_can_be_asked_and_the_extra_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BLOCKED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "pip install 'shuowen[torch]'" in ended.stdout
    assert "torch, which is not installed" in ended.stdout or "safetensors" in ended.stdout


def test_a_folder_without_a_model_is_an_error_of_ours(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(ShuowenError) as caught:
        load_model(tmp_path)
    assert str(tmp_path) in str(caught.value)
