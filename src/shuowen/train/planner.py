"""Whether a recipe fits a machine, how long it takes, and what to change where it does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from shuowen.errors import UsageError
from shuowen.model.config import CONFIGS, ModelConfig
from shuowen.model.config_json import read_config_json
from shuowen.train.memory_model import GIB, Load, Memory, predict_memory
from shuowen.train.part_sizes import part_sizes
from shuowen.train.recipe import Adapter, Parts, Recipe
from shuowen.train.time_model import step_time

_TARGET_SHARE = 0.6
"""Target tokens among those of a text without pictures: questions are no targets."""
_PICTURE_TARGET_SHARE = 0.8
_FEWEST_TOKENS = 1024


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a recipe is to run on.

    Attributes:
        num_gpus: In all.
        memory_bytes: Of one.
        tflops: Peak of one in bfloat16, in 10^12 operations a second.
        use: Share of the peak that training reaches.
    """

    num_gpus: int = 8
    memory_bytes: float = 80 * GIB
    tflops: float = 989.0
    use: float = 0.35

    @property
    def flops_per_second(self) -> float:
        """That are reached by all."""
        return self.num_gpus * self.tflops * 1e12 * self.use


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A prediction.

    Attributes:
        machine: What it is for.
        memory: Of each GPU at the worst moment of a step.
        seconds_per_step: Of an optimiser step.
        num_steps: None where the data decide it.
        advice: What to change where it does not fit: options with values, best first.
    """

    machine: Machine
    memory: Memory
    seconds_per_step: float
    num_steps: int | None
    advice: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the memory is enough."""
        return self.memory.total <= self.machine.memory_bytes

    @property
    def hours(self) -> float | None:
        """Of the whole run; None where the data decide."""
        return None if self.num_steps is None else self.num_steps * self.seconds_per_step / 3600


def plan(recipe: Recipe, machine: Machine, num_steps: int | None = None) -> Plan:
    """Predict a run.

    Args:
        recipe: What is trained.
        machine: On what.
        num_steps: Instead of the recipe's.

    Raises:
        UsageError: The recipe starts from a model whose sizes are not known here, or the packed
            sequences of a step cannot be shared out evenly.
    """
    if recipe.packs_per_step % machine.num_gpus:
        raise UsageError(
            f"{recipe.packs_per_step} packed sequences a step cannot be shared by"
            f" {machine.num_gpus} GPUs.",
            f"Use --set packs_per_step={_next_multiple(recipe.packs_per_step, machine.num_gpus)}.",
        )
    config = config_of(recipe)
    memory = _memory(config, recipe, machine)
    targets = _num_targets(config, recipe, _usual_tiles(recipe, config))
    time = step_time(config, recipe, targets, machine.flops_per_second)
    is_enough = memory.total <= machine.memory_bytes
    return Plan(
        machine=machine,
        memory=memory,
        seconds_per_step=time.seconds,
        num_steps=num_steps or recipe.num_steps,
        advice=() if is_enough else tuple(_advice(config, recipe, machine)),
    )


def memory_rows(memory: Memory) -> list[tuple[str, float]]:
    """Name and bytes of every part that is there, in the order of `Memory`."""
    named = [(each.name, getattr(memory, each.name)) for each in fields(memory)]
    return [(name, num_bytes) for name, num_bytes in named if num_bytes]


def config_of(recipe: Recipe) -> ModelConfig:
    """Sizes of the model that a recipe starts from, with its stochastic depth; downloads nothing.

    Raises:
        UsageError: It is neither a folder nor a published size.
    """
    init = recipe.init.tokenizer if isinstance(recipe.init, Parts) else recipe.init
    config = init if isinstance(init, ModelConfig) else _named_config(init)
    return replace(config, vision=replace(config.vision, drop_path=recipe.drop_path))


def _named_config(name: str) -> ModelConfig:
    if Path(name).is_dir():
        return read_config_json(Path(name)).config
    size = next((word for word in name.split("-") if word in CONFIGS), None)
    if size is None or "InternVL3" not in name:
        raise UsageError(
            f"The sizes of {name} are not known here.", "Download it and name its folder: --init."
        )
    return CONFIGS[size]


def _memory(config: ModelConfig, recipe: Recipe, machine: Machine) -> Memory:
    """Of the worse of two packed sequences: one of text alone, one with as many tiles as may be."""
    sizes = part_sizes(config, recipe.trainable)
    most = [
        predict_memory(config, sizes, _load(config, recipe, machine, num_tiles))
        for num_tiles in (0, _most_tiles(config, recipe))
    ]
    return max(most, key=lambda memory: memory.total)


def _load(config: ModelConfig, recipe: Recipe, machine: Machine, num_tiles: int) -> Load:
    trainable = recipe.trainable
    is_adapter = isinstance(trainable, Adapter)
    return Load(
        num_tokens=recipe.packing.max_tokens,
        num_tiles=num_tiles,
        num_targets=_num_targets(config, recipe, num_tiles),
        num_processes=machine.num_gpus,
        recompute=recipe.recompute_activations,
        # An adapter is its own reference with its change switched off.
        has_reference=recipe.stage == "mpo" and not is_adapter,
        is_vision_trained=_is_vision_trained(recipe),
        is_adapter=is_adapter,
        has_small_weights=isinstance(trainable, Adapter) and trainable.frozen_dtype == "bf16",
        has_muon=recipe.optimiser.name == "muon",
    )


def _is_vision_trained(recipe: Recipe) -> bool:
    if isinstance(recipe.trainable, Adapter):
        return "vision" in recipe.trainable.parts
    return recipe.trainable == "all"


def _num_targets(config: ModelConfig, recipe: Recipe, num_tiles: float) -> int:
    """Tokens that are to be predicted in a packed sequence with so many tiles."""
    num_text = recipe.packing.max_tokens - num_tiles * config.visual_tokens_per_tile
    if recipe.stage == "prm":
        return max(round(num_text / 40), 1)  # one in a solution step of so many tokens
    share = _PICTURE_TARGET_SHARE if num_tiles else _TARGET_SHARE
    if recipe.stage == "pretrain" and not num_tiles:
        share = 1.0
    return max(round(share * num_text), 1)


def _most_tiles(config: ModelConfig, recipe: Recipe) -> int:
    packing = recipe.packing
    return min(packing.max_tiles, packing.max_tokens // config.visual_tokens_per_tile)


def _usual_tiles(recipe: Recipe, config: ModelConfig) -> float:
    return 0.75 * _most_tiles(config, recipe)


def _advice(config: ModelConfig, recipe: Recipe, machine: Machine) -> Iterator[str]:
    """Single changes after which it fits, the gentlest first; else what all of them leave."""

    def fits(changed: Recipe, gpus: int = machine.num_gpus) -> bool:
        other = replace(machine, num_gpus=gpus)
        return _memory(config, changed, other).total <= machine.memory_bytes

    found = False
    for words, changed in _changes(config, recipe, fits):
        if fits(changed):
            found = True
            yield words
    for gpus in (machine.num_gpus * 2**power for power in range(1, 11)):
        if fits(recipe, gpus):
            found = True
            yield f"--gpus {gpus}."
            break
    if not found:
        yield _combined(config, recipe, machine, fits)


def _combined(
    config: ModelConfig, recipe: Recipe, machine: Machine, fits: Callable[[Recipe], bool]
) -> str:
    """All that helps at once: the longest packed sequence beside frozen weights."""
    adapter = recipe.trainable if isinstance(recipe.trainable, Adapter) else Adapter()
    frozen = replace(recipe, recompute_activations=True, trainable=adapter)
    shorter = _shorter(config, frozen, fits)
    settings = f"--set recompute_activations=true --set trainable={adapter.kind}"
    if shorter is not None:
        return f"{settings} {_pack_settings(shorter, recipe)}."
    smallest = replace(
        frozen, packing=replace(recipe.packing, max_tokens=_FEWEST_TOKENS, max_tiles=3)
    )
    needed = _memory(config, smallest, machine).total / GIB
    return f"use larger or more GPUs: {settings} and short sequences still take {needed:.1f} GB."


def _pack_settings(changed: Recipe, recipe: Recipe) -> str:
    packing = changed.packing
    settings = f"--set packing.max_tokens={packing.max_tokens}"
    settings += f" --set packing.max_tiles={packing.max_tiles}"
    if changed.max_tiles != recipe.max_tiles:
        settings += f" --set max_tiles={changed.max_tiles}"
    return f"{settings} --set packs_per_step={changed.packs_per_step}"


def _changes(
    config: ModelConfig, recipe: Recipe, fits: Callable[[Recipe], bool]
) -> Iterator[tuple[str, Recipe]]:
    if not recipe.recompute_activations:
        yield "--set recompute_activations=true.", replace(recipe, recompute_activations=True)
    shorter = _shorter(config, recipe, fits)
    if shorter is not None:
        settings = _pack_settings(shorter, recipe)
        yield f"{settings}, which learns from as many tokens a step.", shorter
    if recipe.trainable == "all":
        yield "--set trainable=no_vision.", replace(recipe, trainable="no_vision")
    if not isinstance(recipe.trainable, Adapter):
        yield "--set trainable=lora.", replace(recipe, trainable=Adapter())


def _shorter(config: ModelConfig, recipe: Recipe, fits: Callable[[Recipe], bool]) -> Recipe | None:
    """The longest halving of the packed sequence that fits; more of them a step instead."""
    packing, packs = recipe.packing, recipe.packs_per_step
    while packing.max_tokens >= 2 * _FEWEST_TOKENS:
        tokens, tiles = packing.max_tokens // 2, max(packing.max_tiles // 2, 1)
        packing, packs = replace(packing, max_tokens=tokens, max_tiles=tiles), packs * 2
        # A picture's tiles and its thumbnail must fit a packed sequence, with some text.
        room = (tokens - tokens // 8) // config.visual_tokens_per_tile - 1
        most = max(min(recipe.max_tiles or config.max_tiles, tiles - 1, room), 1)
        shown = recipe.max_tiles if most == config.max_tiles else most
        changed = replace(recipe, packing=packing, packs_per_step=packs, max_tiles=shown)
        if fits(changed):
            return changed
    return None


def _next_multiple(number: int, of: int) -> int:
    return -(-number // of) * of
