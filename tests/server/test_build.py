from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from shuowen.errors import CapacityError, InputError, ModelError, OutputError
from shuowen.server.build import no_models, open_parts
from shuowen.server.chat.model import ChatEvent, ChatModel, ChatQuestion, ModelKind
from shuowen.server.desk import Desk
from shuowen.server.options import ServerOptions


class Closing:
    """A model that counts how often it is closed."""

    name, created, num_closed = "counting", 0, 0
    kind: ModelKind = "engine"

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        raise AssertionError("nobody asks")

    def close(self) -> None:
        self.num_closed += 1


def options(folder: Path) -> ServerOptions:
    return ServerOptions(data_dir=folder / "data", jobs=1)


def own_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("shuowen-desk")]


def test_everything_is_opened_in_order_and_closed_once(tmp_path: Path) -> None:
    model = Closing()

    def make(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
        return [model]

    with open_parts(options(tmp_path), make) as parts:
        assert list(parts.models.listed()) == ["counting", "shuowen-embedded"]
        assert own_threads()
        assert not parts.readiness.missing()
    assert model.num_closed == 1
    assert not own_threads()
    with open_parts(options(tmp_path)):
        pass  # the data folder is free again


def test_two_servers_cannot_have_one_data_folder(tmp_path: Path) -> None:
    again = open_parts(options(tmp_path))
    with open_parts(options(tmp_path)), pytest.raises(CapacityError, match="data folder"):
        again.__enter__()
    assert not own_threads()


def test_what_was_opened_is_closed_when_a_model_cannot_be(tmp_path: Path) -> None:
    def fail(options: ServerOptions, desk: Desk) -> Sequence[ChatModel]:
        raise ModelError("The weights are damaged.")

    with pytest.raises(ModelError), open_parts(options(tmp_path), fail):
        raise AssertionError("it was opened")
    assert not own_threads()
    with open_parts(options(tmp_path), no_models):
        pass


def test_a_data_folder_that_cannot_be_used_and_keys_that_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{")
    for bad, error in (
        (ServerOptions(data_dir=tmp_path / "file" / "inside"), OutputError),
        (ServerOptions(data_dir=tmp_path, keys_file=tmp_path / "file"), InputError),
    ):
        with pytest.raises(error), open_parts(bad):
            raise AssertionError("it was opened")
    assert not own_threads()
