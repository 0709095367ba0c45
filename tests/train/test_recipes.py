"""Every recipe is sane, says what it needs, and fits the machine that it names."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shuowen.errors import UsageError
from shuowen.model.config import CONFIGS, ModelConfig
from shuowen.train.lookup import recipe_named, settings_of, with_settings
from shuowen.train.planner import GIB, Machine, plan
from shuowen.train.recipe import (
    STAGES,
    About,
    Adapter,
    DataOptions,
    MadeData,
    MpoOptions,
    Parts,
    Recipe,
)
from shuowen.train.recipes import RECIPES

EACH = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
LARGE = [each for each in RECIPES.values() if not isinstance(each.init, ModelConfig)]
SFT = RECIPES["internvl3-8b-sft"]


@EACH
def test_a_recipe_says_what_a_person_wants_to_know(recipe: Recipe) -> None:
    assert RECIPES[recipe.name] is recipe
    text = recipe.about.text()
    for part in ("Command: ", "Hardware: ", "Hours: ", "Expected score: "):
        assert part in text
    assert f"train {recipe.stage} {recipe.name} " in recipe.about.command
    assert re.search(r"arXiv \d{4}\.\d{5}|not measured", recipe.about.expected_score)
    assert re.search(r"measured|predicted", recipe.about.hours)


@EACH
def test_settings_are_sane(recipe: Recipe) -> None:
    packing = recipe.packing
    assert 512 <= packing.max_tokens <= 32_768
    assert 1e-7 <= recipe.optimiser.lr <= 1e-2
    assert recipe.seed == 0
    assert recipe.num_steps or recipe.num_epochs
    per_tile, most = 256, recipe.max_tiles
    if isinstance(recipe.init, ModelConfig):
        per_tile, most = recipe.init.visual_tokens_per_tile, recipe.init.max_tiles - 1
    assert most is not None
    assert packing.max_tiles >= most + 1, "a picture and its thumbnail fit a packed sequence"
    assert packing.max_tokens > (most + 1) * per_tile, "with some text"
    name = recipe.init.tokenizer if isinstance(recipe.init, Parts) else recipe.init
    if isinstance(name, str):
        assert name.startswith("OpenGVLab/InternVL3-")


@pytest.mark.parametrize("recipe", LARGE, ids=lambda each: each.name)
def test_a_recipe_fits_its_hardware_in_the_hours_that_it_says(recipe: Recipe) -> None:
    found = re.match(r"(\d+) GPUs with 80 GB", recipe.about.hardware)
    if found:
        machine = Machine(num_gpus=int(found[1]))
        processes = [
            int(n) for n in re.findall(r"--n\w+(?:-per-node)? (\d+)", recipe.about.command)
        ]
        assert machine.num_gpus == (processes[0] * processes[1] if processes[1:] else processes[0])
    else:
        assert recipe.about.hardware.startswith("One GPU with 24 GB")
        machine = Machine(num_gpus=1, memory_bytes=24 * GIB, tflops=165)
    predicted = plan(recipe, machine)
    assert predicted.fits, predicted.memory
    hours = re.search(r"About ([\d.]+)", recipe.about.hours)
    assert hours and predicted.hours == pytest.approx(float(hours[1]), rel=0.3)


def test_there_is_every_size_at_every_stage() -> None:
    for size in CONFIGS:
        for stage in STAGES:
            recipe = RECIPES[f"internvl3-{size.lower()}-{stage}"]
            assert recipe.stage == stage
            assert size in str(recipe.init)
    assert {f"debug-{stage}" for stage in STAGES} <= RECIPES.keys()


def test_published_settings() -> None:
    mpo = RECIPES["internvl3-8b-mpo"]
    assert mpo.mpo == MpoOptions(
        beta=0.1, preference_weight=0.8, quality_weight=0.2, generation_weight=1.0
    )
    assert (mpo.optimiser.lr, mpo.optimiser.weight_decay) == (2e-7, 0.05)
    assert (mpo.packing.max_tokens, mpo.drop_path, mpo.num_steps) == (12_288, 0.1, 1172)
    assert RECIPES["internvl3-38b-mpo"].num_steps == 586
    pretrain = RECIPES["internvl3-1b-pretrain"]
    assert pretrain.num_steps == 11_921
    assert (pretrain.data.language_share, pretrain.position_step) == (0.25, "random")
    assert (pretrain.reduction, pretrain.jpeg, pretrain.trainable) == ("square", True, "all")
    prm = RECIPES["internvl3-8b-prm"]
    assert (prm.optimiser.lr, prm.optimiser.warmup_share, prm.num_steps) == (1e-5, 0.05, 781)
    assert (SFT.packs_per_step, SFT.num_steps, SFT.optimiser.lr) == (512, 7322, 4e-5)


def test_settings_are_changed_by_text() -> None:
    changed = with_settings(
        SFT,
        [
            "packs_per_step=8",
            "optimiser.lr=1e-5",
            "optimiser.betas=0.9,0.95",
            "position_step=0.25",
            "recompute_activations=no",
            "trainable=dora",
            "trainable.rank=16",
            "trainable.parts=language,projector",
            "data.meta_files=a.json,b.json",
            "data.made=lines",
            "num_epochs=2",
            "drop_path=0.2",
            "drop_path=0.3",
            "init=models/mine",
        ],
    )
    assert changed.packs_per_step == 8
    assert (changed.optimiser.lr, changed.optimiser.betas) == (1e-5, (0.9, 0.95))
    assert (changed.position_step, changed.recompute_activations) == (0.25, False)
    assert changed.trainable == Adapter(kind="dora", rank=16, parts=("language", "projector"))
    assert changed.data.meta_files == ("a.json", "b.json")
    assert changed.data.made == (MadeData(name="lines"),)
    assert (changed.num_steps, changed.num_epochs) == (None, 2.0)
    assert (changed.drop_path, changed.init) == (0.3, "models/mine")
    assert with_settings(changed, ["num_steps=5"]).num_epochs is None
    assert with_settings(changed, []) == changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packs_per_stepp=8", "no setting 'packs_per_stepp'. Did you mean packs_per_step?"),
        ("optimiser.learning_rate=1", "no setting 'optimiser.learning_rate'"),
        ("name=mine", "no setting 'name'"),
        ("packs_per_step=many", "packs_per_step cannot be 'many'. Give a whole number."),
        ("packs_per_step=0", "packs_per_step is 0. Choose 1 to"),
        ("optimiser.lr=nan", "lr is nan"),
        ("jpeg=perhaps", "jpeg cannot be 'perhaps'. Give true or false."),
        ("trainable=some", "Give all or no_vision or no_language or lora or dora."),
        ("trainable.rank=8", "trainable.rank cannot be set, as trainable is all. Set trainable="),
        ("mpo.beta=1", "mpo.beta cannot be set, as mpo is none"),
        ("packs_per_step.x=1", "packs_per_step.x cannot be set, as packs_per_step is 512"),
        ("packs_per_step", "is no setting. Write KEY=VALUE"),
        ("optimiser.betas=0.9", "optimiser.betas cannot be '0.9'"),
        ("optimiser=adamw", "optimiser cannot be 'adamw'"),
        ("num_steps=none", "Set one of the two"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_settings(SFT, [text])
    assert message in str(caught.value)


@EACH
def test_what_is_shown_can_be_set(recipe: Recipe) -> None:
    shown = dict(settings_of(recipe))
    assert shown["packing.max_tokens"] == str(recipe.packing.max_tokens)
    texts = [f"{key}={value}" for key, value in shown.items() if _is_settable(key, value)]
    assert with_settings(recipe, texts) == recipe


def _is_settable(key: str, value: str) -> bool:
    if key in ("num_steps", "num_epochs", "mpo"):
        return value != "none"
    # The options of made data are shown, and can be set in Python alone.
    return not key.startswith("init") and value != "" and "(" not in value


def test_names_get_the_nearest_as_advice() -> None:
    with pytest.raises(UsageError, match="Did you mean internvl3-8b-sft"):
        recipe_named("internvl3-8b-stf", RECIPES, "sft")
    with pytest.raises(UsageError, match="Run: shuowen train sft internvl3-8b-sft"):
        recipe_named("internvl3-8b-sft", RECIPES, "mpo")
    assert recipe_named("internvl3-8b-sft", RECIPES) is SFT


def test_contradictions_are_refused() -> None:
    with pytest.raises(UsageError, match="only for it"):
        replace(SFT, mpo=MpoOptions())
    with pytest.raises(UsageError, match="Set one of the two"):
        replace(SFT, num_epochs=1)
    with pytest.raises(UsageError, match="There is no stage"):
        replace(SFT, stage="dpo")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="language_share is 1"):
        DataOptions(language_share=1)
    assert DataOptions().is_empty
    assert not DataOptions(corrections=("mine.jsonl",)).is_empty


def test_a_text_without_gaps_has_no_such_line() -> None:
    about = About(summary="a", command="b", hardware="c", hours="d", expected_score="e")
    assert "Unpublished" not in about.text()
    assert "Unpublished: f" in replace(about, unpublished="f").text()
