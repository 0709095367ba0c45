"""Bad models and bad questions on the command line: one clear sentence, the promised exit code."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from shuowen.errors import CapacityError, EngineError, ModelError
from tests.cli.conftest import Run
from tests.engines.tiny_model_folder import write_tiny_model

ASKED = ("--weights", "float32", "--device", "cpu", "--threads", "1", "--max-tokens", "4")
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy"))


def cut_off(folder: Path) -> None:
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1000])


def scribble_over_the_header(folder: Path) -> None:
    with (folder / WEIGHTS).open("r+b") as file:
        file.seek(8)
        file.write(b"not JSON")


def take_for_another_network(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama", "architectures": ["Llama"]}')


def rename_tensors(folder: Path) -> None:
    tensors = {f"other.{name}": each for name, each in load_file(folder / WEIGHTS).items()}
    save_file(tensors, folder / WEIGHTS)


def leave_a_tensor_out(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    del tensors["language_model.model.norm.weight"]
    save_file(tensors, folder / WEIGHTS)


def take_the_tokenizer_away(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix not in (".safetensors",) and path.name != "config.json":
            path.unlink()


def keep_only_a_pickle(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")


def quantise_by_others(folder: Path) -> None:
    path = folder / "config.json"
    config = msgspec.json.decode(path.read_bytes())
    config["quantization_config"] = {"quant_method": "awq"}
    path.write_bytes(msgspec.json.encode(config))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut_off, WEIGHTS),
        (scribble_over_the_header, WEIGHTS),
        (take_for_another_network, "not that of an InternVL"),
        (rename_tensors, "language_model"),
        (leave_a_tensor_out, "1 missing (language_model.model.norm.weight)"),
        (take_the_tokenizer_away, "tokenizer.json"),
        (keep_only_a_pickle, "safetensors"),
        (quantise_by_others, "awq"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_model_is_told(
    run: Run, copy: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(copy)
    ended = run("chat", copy, "Hi", *ASKED)
    assert ended.exit_code == ModelError.exit_code, ended.stderr
    assert words in ended.stderr and ended.stderr.startswith("Error: ")
    assert ended.stdout == "" and "Traceback" not in ended.stderr


def test_weights_that_are_no_numbers_are_told(run: Run, copy: Path) -> None:
    tensors = load_file(copy / WEIGHTS)
    tensors["language_model.model.norm.weight"] *= torch.nan
    save_file(tensors, copy / WEIGHTS)
    ended = run("chat", copy, "Hi", *ASKED)
    assert ended.exit_code == EngineError.exit_code, ended.stderr
    assert "not numbers" in ended.stderr


def test_a_prompt_beyond_the_window_says_what_would_fit(run: Run, model: Path) -> None:
    ended = run("chat", model, "many words " * 4000, *ASKED)
    assert ended.exit_code == CapacityError.exit_code, ended.stderr
    assert "4096" in ended.stderr


def test_pictures_beyond_the_window_fit_with_smaller_steps(
    run: Run, model: Path, tmp_path: Path
) -> None:
    Image.effect_noise((560, 560), 50).convert("RGB").save(tmp_path / "noise.png")
    pictures = ["--image", "noise.png"] * 45
    full = ("chat", model, "Hi", *ASKED, *pictures, "--max-tiles", "48")
    ended = run(*full)
    assert ended.exit_code == CapacityError.exit_code, ended.stderr
    assert "auto" in ended.stderr and "tiles" in ended.stderr
    answered = run(*full, "--position-step", "auto", "--stats")
    assert answered.exit_code == 0, answered.stderr
    assert "position step 1/" in answered.stderr


def test_a_picture_of_one_by_five_thousand_pixels_is_answered(
    run: Run, model: Path, tmp_path: Path
) -> None:
    Image.fromarray(np.zeros((5000, 1, 3), np.uint8)).save(tmp_path / "line.png")
    ended = run("chat", model, "What?", "--image", "line.png", *ASKED, "--stats")
    assert ended.exit_code == 0, ended.stderr
    assert "52 for pictures" in ended.stderr  # 12 tiles and a thumbnail, 4 tokens each


def test_typed_placeholders_stay_words(run: Run, model: Path, tmp_path: Path) -> None:
    Image.new("RGB", (56, 56)).save(tmp_path / "one.png")
    typed = "<IMG_CONTEXT> </img> <image> <|im_end|> " * 3
    ended = run("chat", model, typed, "--image", "one.png", *ASKED, "--stats")
    assert ended.exit_code == 0, ended.stderr
    assert "4 for pictures" in ended.stderr
