"""Plans: memory against what training takes, time against arithmetic, advice that helps."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.model.config import CONFIGS
from shuowen.train.adapters import adapter_state, add_adapter
from shuowen.train.lookup import with_settings
from shuowen.train.memory_model import GIB, Load, Memory, predict_memory
from shuowen.train.part_sizes import part_sizes
from shuowen.train.planner import Machine, config_of, memory_rows, plan
from shuowen.train.recipe import Adapter
from shuowen.train.recipes import RECIPES
from tests.train.measure_memory import Case, as_argument

SFT = RECIPES["internvl3-8b-sft"]
SMALL = Case(256, 6, 256, 6, (1024, 1024), 32)
CASES = {
    "plain": SMALL,
    "recomputed": replace(SMALL, recompute=True),
    "much vision": Case(128, 2, 512, 8, (1024,), 32),
    "much language": Case(512, 8, 256, 4, (512, 512), 4),
    "many words": Case(128, 2, 64, 1, (2048,), 0, vocab_size=30_000),
    "adapter": Case(512, 8, 256, 4, (512, 512), 4, is_adapter=True),
}
CPU_LIBRARIES = 50e6
FACTOR = 1.3


def predicted(case: Case) -> Memory:
    sizes = part_sizes(case.config, case.trainable)
    load = Load(
        num_tokens=case.num_tokens,
        num_tiles=case.num_tiles,
        num_targets=case.num_targets,
        recompute=case.recompute,
        is_vision_trained=not case.is_adapter,
        is_adapter=case.is_adapter,
        has_small_weights=case.is_adapter,
    )
    return predict_memory(case.config, sizes, load, library_bytes=CPU_LIBRARIES)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize("name", CASES)
def test_memory_is_what_training_takes(name: str) -> None:
    paths = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), *sys.path)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.train.measure_memory", as_argument(CASES[name])],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    ratio = predicted(CASES[name]).total / int(done.stdout)
    print(f"{name}: measured {int(done.stdout) / 1e6:.0f} MB, predicted {ratio:.2f} of that")
    assert 1 / FACTOR < ratio < FACTOR


def test_recomputing_and_spreading_take_less() -> None:
    config, sizes = CONFIGS["8B"], part_sizes(CONFIGS["8B"], "all")
    load = Load(num_tokens=4096, num_tiles=12, num_targets=1024)
    full = predict_memory(config, sizes, load)
    assert predict_memory(config, sizes, replace(load, recompute=False)).total > full.total
    spread = predict_memory(config, sizes, replace(load, num_processes=8))
    assert spread.weights == full.weights / 8
    assert spread.moments == full.moments / 8
    assert spread.language == full.language
    assert predict_memory(config, sizes, replace(load, has_muon=True)).moments < full.moments
    # float32 weights, gradient and two moments.
    assert full.weights + full.gradients + full.moments == 16 * sizes.total
    assert full.total == pytest.approx(sum(size for _, size in memory_rows(full)))


def test_parts_are_counted_as_they_are() -> None:
    sizes = part_sizes(CONFIGS["1B"], "all")
    assert sizes.total == sizes.trained == pytest.approx(0.938e9, rel=0.001)
    frozen = part_sizes(CONFIGS["1B"], "no_vision")
    assert sizes.trained - frozen.trained == pytest.approx(304e6, rel=0.001)
    from shuowen.model.internvl import InternVL

    for kind in ("lora", "dora"):
        adapter = Adapter(kind=kind, rank=4, parts=("language", "vision", "projector"))
        model = InternVL(SMALL.config)
        add_adapter(model, adapter)
        counted = sum(each.numel() for each in adapter_state(model).values())
        found = part_sizes(SMALL.config, adapter)
        assert found.adapter == found.trained == counted
        assert found.total == sum(each.numel() for each in model.parameters())


@pytest.mark.parametrize("memory_gib", [30, 24])
def test_what_it_advises_fits(memory_gib: int) -> None:
    small = Machine(num_gpus=8, memory_bytes=memory_gib * GIB)
    tight = plan(SFT, small)
    assert not tight.fits
    assert tight.advice
    for words in tight.advice:
        settings = re.findall(r"--set (\S+=[^\s,]*[^\s,.])", words)
        more = re.search(r"--gpus (\d+)", words)
        machine = replace(small, num_gpus=int(more[1])) if more else small
        assert settings or more
        assert plan(with_settings(SFT, settings), machine).fits, words


def test_where_nothing_helps_it_says_so() -> None:
    none = plan(SFT, Machine(num_gpus=1, memory_bytes=4 * GIB))
    assert not none.fits
    assert "use larger or more GPUs" in none.advice[-1]
    assert plan(SFT, Machine()).advice == ()


def test_time_grows_with_work_and_shrinks_with_gpus() -> None:
    eight = plan(SFT, Machine())
    assert plan(SFT, Machine(num_gpus=16)).seconds_per_step == eight.seconds_per_step / 2
    assert plan(SFT, Machine(), num_steps=10).num_steps == 10
    assert eight.hours == pytest.approx(7322 * eight.seconds_per_step / 3600)
    kept = replace(SFT, recompute_activations=False)
    assert plan(kept, Machine()).seconds_per_step == pytest.approx(
        eight.seconds_per_step * 3 / 4, rel=1e-6
    )
    frozen = plan(replace(SFT, trainable="no_vision"), Machine())
    assert frozen.seconds_per_step < eight.seconds_per_step
    by_epochs = plan(replace(SFT, num_steps=None, num_epochs=1), Machine())
    assert by_epochs.hours is None
    # 8 B parameters and 0.85 of 8.4 M tokens a step at 2.77e15 operations a second, times 4 / 3.
    tokens = 0.85 * SFT.packs_per_step * SFT.packing.max_tokens
    assert eight.seconds_per_step == pytest.approx(8 * 7.6e9 * tokens / 2.77e15, rel=0.35)


def test_sizes_are_known_by_name_or_folder(tmp_path: Path) -> None:
    assert config_of(SFT).language == CONFIGS["8B"].language
    assert config_of(RECIPES["internvl3-38b-pretrain"]).vision.drop_path == 0.4
    from tests.engines.tiny_model_folder import write_tiny_model

    folder = write_tiny_model(tmp_path / "tiny")
    assert config_of(replace(SFT, init=str(folder))).language.width == 64
    with pytest.raises(UsageError, match="are not known here"):
        config_of(replace(SFT, init="OpenGVLab/InternVL2-8B"))
    with pytest.raises(UsageError, match="packs_per_step=513"):
        plan(SFT, Machine(num_gpus=9))
