"""Every example runs: with a scripted engine whose answers fit, and its pictures can be drawn."""

from __future__ import annotations

import ast
import importlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import shuowen
from shuowen.engines.load import load_model
from shuowen.generation.params import JsonSchema
from shuowen.prompt.messages import ImagePart, VideoPart
from tests.generation.fake_engine import FakeEngine
from tests.made_video import write_clip

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "sample_pictures")

Example = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Example:
    """Runs an example the way the command line does; what it prints."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def start(name: str, engine: Any, *arguments: str) -> str:
        importlib.import_module(name).main(list(arguments), engine=engine)
        return capsys.readouterr().out

    return start


def pictures_of(engine: FakeEngine) -> list[tuple[int, ...]]:
    """Shapes of the pictures and frames that were asked about."""
    shapes: list[tuple[int, ...]] = []
    for part in engine.requests[0].messages[-1].parts:
        if isinstance(part, ImagePart):
            shapes.append(part.picture.shape)
        if isinstance(part, VideoPart):
            shapes += [frame.shape for frame in part.frames]
    return shapes


def test_the_readme_lists_every_example() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in SCRIPTS if f"`{name}.py`" not in text] == []
    assert len(SCRIPTS) == 7


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_example_says_how_to_start_it_and_is_short(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert f"python examples/{name}.py --model " in (ast.get_docstring(ast.parse(text)) or "")
    assert len(text.splitlines()) < 90


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_example_takes_any_answer_and_closes_its_engine(run: Example, name: str) -> None:
    engine = FakeEngine(answers=["<tool_call> \\boxed{ <box>[[5]]</box> noise"])
    if name != "key_values_to_schema":  # whose answers are JSON, by constraint
        run(name, engine, "--max-tokens", "30")
        assert engine.is_closed
        assert pictures_of(engine)


def test_a_description_is_printed_as_it_comes(run: Example, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    engine = FakeEngine(answers=["A black picture."])
    printed = run("describe_picture", engine, str(tmp_path / "a.png"))
    assert printed == "A black picture.\n\n16 tokens, 0.5 s\n"
    assert pictures_of(engine) == [(20, 30, 3)]


def test_a_table_loses_its_fence(run: Example) -> None:
    engine = FakeEngine(answers=["```html\n<table></table>\n```"])
    assert run("table_to_html", engine, "--max-tiles", "9") == "<table></table>\n"
    assert engine.requests[0].encode.max_tiles == 9


def test_a_receipt_becomes_fields(run: Example) -> None:
    engine = FakeEngine(answers=['{"shop": "Corner", "total": "20.40"}'])
    assert run("key_values_to_schema", engine) == "shop: Corner\ntotal: 20.40\n"
    assert isinstance(engine.requests[0].params.constraint, JsonSchema)
    cut = FakeEngine(answers=['{"shop": "Corner", "total": "20.40"}'])
    assert run("key_values_to_schema", cut, "--max-tokens", "9") == ""


def call(name: str, arguments: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


def test_a_click_is_told_in_pixels_and_a_wild_one_is_refused(run: Example) -> None:
    engine = FakeEngine(answers=["So:\n" + call("click", '{"x": 500, "y": 100}')])
    assert run("gui_step_with_tool", engine) == "So:\nclick at (400, 50)\n"
    assert [tool.name for tool in engine.requests[0].tools] == ["click"]
    for wild in (
        call("click", '{"x": 5000, "y": 1}'),
        call("click", '{"x": "1", "y": 1}'),
        call("click", "{}"),
        call("erase", '{"x": 1, "y": 1}'),
    ):
        assert run("gui_step_with_tool", FakeEngine(answers=[wild])).startswith("refused: ")
    assert run("gui_step_with_tool", FakeEngine(answers=["No."])).endswith("no tool was called\n")


def test_a_defect_is_placed_on_the_second_picture(run: Example) -> None:
    engine = FakeEngine(answers=["yes <ref>crack</ref><box>[[500, 250, 750, 500]]</box>"])
    printed = run("industrial_two_views", engine)
    assert printed.endswith("crack: 224, 112 to 336, 224\n")
    assert pictures_of(engine) == [(448, 448, 3)] * 2
    with pytest.raises(SystemExit):
        run("industrial_two_views", FakeEngine(), "one.png")


def test_answers_vote(run: Example) -> None:
    engine = FakeEngine(answers=[r"So \boxed{red}."])
    assert run("multi_view_3d", engine, "--votes", "2") == "red: 2 of 2\n"
    assert len(pictures_of(engine)) == 4
    assert engine.requests[0].params.num_candidates == 2


def test_a_video_is_shown_as_frames(run: Example) -> None:
    engine = FakeEngine(answers=["A ball rolls."])
    assert run("video_summary", engine, "--frames", "5") == "A ball rolls.\n"
    assert pictures_of(engine) == [(252, 448, 3)] * 5


def test_a_video_file_is_opened(run: Example, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4")
    engine = FakeEngine(answers=["It grows bright."])
    run("video_summary", engine, "--frames", "4", str(path))
    assert pictures_of(engine) == [(48, 64, 3)] * 4


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    from tests.engines.tiny_model_folder import write_tiny_model

    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_example_runs_with_a_real_model_in_a_folder(
    run: Example, model_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "key_values_to_schema":
        pytest.importorskip("llguidance")
    opened: list[str] = []

    def open_small(folder: str) -> Any:
        opened.append(folder)
        return load_model(folder, weights="float32", device="cpu", threads=1)

    monkeypatch.setattr(shuowen, "load_model", open_small, raising=False)
    num_tokens = "300" if name == "key_values_to_schema" else "9"
    printed = run(name, None, "--model", str(model_folder), "--max-tokens", num_tokens)
    assert opened == [str(model_folder)]
    assert printed.strip()
    if name == "key_values_to_schema":  # noise, but noise of the form that was asked for
        fields = dict(line.split(": ", 1) for line in printed.splitlines() if ": " in line)
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", fields["date"])
        assert fields["currency"] in ("EUR", "USD", "CNY", "other")


def test_the_drawn_pictures_are_small_and_show_something(run: Example) -> None:
    run("describe_picture", FakeEngine())  # which puts the folder on the path
    drawn = importlib.import_module("sample_pictures")
    sheets = [drawn.street(), drawn.table(), drawn.receipt(), drawn.dialog()]
    sheets += [drawn.ring(has_crack=has_crack) for has_crack in (False, True)]
    sheets += [drawn.blocks(side) for side in range(4)] + drawn.ball_frames(2)
    encoded = set()
    for sheet in sheets:
        stream = io.BytesIO()
        sheet.save(stream, "PNG")
        assert len(np.unique(np.asarray(sheet))) > 5
        encoded.add(stream.getvalue())
    assert len(encoded) == len(sheets)
