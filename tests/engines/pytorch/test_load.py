"""From a folder to answers, with every option that changes how a model is loaded."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from shuowen.engines.pytorch.kv_cache import page_bytes
from shuowen.engines.pytorch.load import (
    choose_precision,
    compile_parts,
    default_weights,
    find_device,
    load_engine,
    make_cache,
)
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.errors import CapacityError, ModelError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import SamplingParams
from shuowen.model.config import CONFIGS
from shuowen.model.config_json import read_config_json
from shuowen.model.linear import Bf16Linear, DynamicInt8Linear, Int4Linear, Int8Linear
from shuowen.model.precision import Precision
from shuowen.model.prompt_settings import prompt_settings
from shuowen.prompt.messages import ImagePart, Message
from tests.engines.pytorch.tiny import tiny_model
from tests.engines.tiny_model_folder import write_tiny_model

SMALL = EngineOptions(kv_cache_bytes=2_000_000, threads=1)
PIXELS = np.random.default_rng(1).integers(0, 256, (70, 120, 3), dtype=np.uint8)
ASKED = Request(
    messages=(Message.of("user", ImagePart(PIXELS), "What is this?"),),
    params=SamplingParams(max_tokens=5, repetition_guard=None, ignore_end=True),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "InternVL3-tiny")


@pytest.mark.parametrize(
    ("weights", "linear"),
    [
        ("float32", torch.nn.Linear),
        ("bf16", Bf16Linear),
        ("int8", Int8Linear),
        ("int4", Int4Linear),
    ],
)
def test_weights_are_kept_as_asked_for_and_answer(
    folder: Path, weights: str, linear: type[torch.nn.Module]
) -> None:
    engine = load_engine(folder, dataclasses.replace(SMALL, weights=weights))
    core = engine._core
    assert core is not None
    assert type(core.runner.model.language.get_submodule("layers.0.mlp.down")) is linear
    wanted = torch.float32 if weights == "float32" else torch.bfloat16
    assert core.runner.cache.keys_SGK[0].dtype == core.runner.dtype == wanted
    completion = engine.generate(ASKED)
    engine.close()
    assert engine.model_name == "InternVL3-tiny"
    assert len(completion.candidates[0].token_ids) == 5
    assert completion.usage.visual_tokens > 0


def test_the_vision_encoder_can_have_small_weights_too(folder: Path) -> None:
    engine = load_engine(folder, dataclasses.replace(SMALL, vision_weights="int8"))
    assert engine._core is not None
    vision = engine._core.runner.model.vision
    assert any(isinstance(module, DynamicInt8Linear) for module in vision.modules())
    assert engine.generate(ASKED).candidates[0].token_ids
    engine.close()


def test_weights_that_are_quantised_already_stay_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = default_weights(torch.device("cpu"))
    assert choose_precision(folder, SMALL) == Precision(language=default)
    stored = dataclasses.replace(
        read_config_json(folder), precision={"language": "int8", "vision": "same"}
    )
    monkeypatch.setattr("shuowen.engines.pytorch.load.read_config_json", lambda _: stored)
    own = Precision(language="int8")
    assert choose_precision(folder, SMALL) == own
    assert choose_precision(folder, EngineOptions(weights="int8")) == own
    for other in (EngineOptions(weights="bf16"), EngineOptions(vision_weights="int8")):
        with pytest.raises(UsageError, match="are int8"):
            choose_precision(folder, other)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        load_engine(tmp_path)


def test_the_cache_takes_no_more_than_it_may() -> None:
    model = tiny_model()
    options = EngineOptions(kv_cache_bytes=1_000_000, page_tokens=16)
    cache = make_cache(model, options)
    size = page_bytes(model.config.language, 16, torch.float64)
    assert cache.pool.num_pages == 1_000_000 // size
    with pytest.raises(CapacityError, match=f"takes {size}"):
        make_cache(model, EngineOptions(kv_cache_bytes=size - 1, page_tokens=16))
    with pytest.raises(CapacityError, match="does not suffice for a key-value cache"):
        make_cache(model, EngineOptions(kv_cache_bytes=2**50, page_tokens=16))


def test_without_a_limit_the_cache_holds_as_many_windows_as_may_run_at_most() -> None:
    cache = make_cache(tiny_model(), EngineOptions(max_running=3))
    assert cache.pool.num_pages == 3 * 4096 // 64


def test_a_device_that_is_not_there_is_refused() -> None:
    assert find_device("cpu").type == "cpu"
    for name in ("cuda:99", "toaster"):
        with pytest.raises(UsageError, match=name):
            find_device(name)


def test_prompts_know_the_published_sizes() -> None:
    settings = prompt_settings(CONFIGS["1B"])
    assert (settings.visual_tokens_per_tile, settings.window) == (256, 32_768)
    assert (settings.max_tiles, settings.use_thumbnail, settings.tile_side_px) == (12, True, 448)


def test_compiling_marks_vision_projector_and_mlps(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def note(self: torch.nn.Module, **_: object) -> None:
        compiled.append(type(self).__name__)

    monkeypatch.setattr(torch.nn.Module, "compile", note)
    compile_parts(tiny_model())
    assert compiled == ["VisionEncoder", "Projector", "LanguageMLP", "LanguageMLP"]
