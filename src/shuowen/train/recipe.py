"""A recipe: everything that decides what a training run computes, as one frozen value.

What differs between machines (folder, device, how often to save) is `RunOptions`, not here: two
runs of one recipe with one seed give the same losses whatever the machine. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from shuowen.errors import UsageError
from shuowen.model.config import ModelConfig

if TYPE_CHECKING:
    from shuowen.train.options import OptimiserOptions
    from shuowen.train.packing import PackingOptions

StageName = Literal["pretrain", "sft", "mpo", "prm"]
STAGES: tuple[StageName, ...] = ("pretrain", "sft", "mpo", "prm")

Reduction = Literal["token", "sample", "square"]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a person wants to know before starting a recipe."""

    summary: str
    """One sentence."""
    command: str
    """The whole command line."""
    hardware: str
    hours: str
    """Duration on that hardware, and whether it was measured or predicted."""
    expected_score: str
    """A published number with its source, or "not measured"."""
    unpublished: str = ""
    """Settings that upstream does not publish, and the nearest published value that stands in."""

    def text(self) -> str:
        """All of it as a docstring has it."""
        parts = [
            self.summary,
            f"Command: {self.command}",
            f"Hardware: {self.hardware}",
            f"Hours: {self.hours}",
            f"Expected score: {self.expected_score}",
        ]
        return "\n".join(parts + ([f"Unpublished: {self.unpublished}"] if self.unpublished else []))


@dataclass(frozen=True, kw_only=True)
class MadeData:
    """A source of records that are drawn on the spot; `train.made_data.made_source` opens it."""

    name: str
    """Which kind: see `shuowen train make --help`."""
    weight: float = 1.0
    """Share among the recipe's sources."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What `made_source` takes besides name and seed, such as num_records."""

    def __post_init__(self) -> None:
        _check(f"weight of {self.name}", self.weight, 1e-9, 1e9)


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Where records come from; `train.recipe_data.open_sources` opens them."""

    meta_files: tuple[str, ...] = ()
    """Paths of upstream's meta.json: each names jsonl files and folders of pictures."""
    made: tuple[MadeData, ...] = ()
    corrections: tuple[str, ...] = ()
    """Paths of files of a person's corrections; see `train.corrections`."""
    correction_form: Literal["preference", "conversation"] = "preference"
    """Preferences for mpo, conversations for sft."""
    replay: float = 1.0
    """Tokens of all other data for one of corrections; 0 leaves the other data out."""
    made_share: float = 0.5
    """Share of tokens from made sources where there are meta files too."""
    language_share: float | None = None
    """Share of tokens from sources without pictures (0.25 is 1 : 3); None: as the sources say."""

    def __post_init__(self) -> None:
        _check("replay", self.replay, 0, 1e6)
        _check("made_share", self.made_share, 1e-6, 1 - 1e-6)
        if self.language_share is not None:
            _check("language_share", self.language_share, 1e-6, 1 - 1e-6)

    @property
    def is_empty(self) -> bool:
        """Whether a person must still say what to train on."""
        return not (self.meta_files or self.made or self.corrections)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Native pre-training starts from two published models; the projector between is random.

    `train.joining.join_parts` makes a model folder of them.
    """

    vision: str
    """Folder or hub name of an InternViT."""
    language: str
    """Folder or hub name of a base language model."""
    tokenizer: str
    """Folder or hub name of an InternVL3 of that size, for its config.json and tokenizer."""


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """Small matrices trained beside frozen weights.

    The defaults are upstream's `use_llm_lora 128` (internvl_chat/internvl/train:
    `lora_alpha=2 * r`, dropout 0.05).
    """

    kind: Literal["lora", "dora"] = "lora"
    """LoRA (Hu et al. 2021), or DoRA that also learns every row's length (Liu et al. 2024)."""
    rank: int = 128
    alpha: float | None = None
    """The change is scaled by alpha / rank; None: 2 · rank."""
    dropout: float = 0.05
    parts: tuple[Literal["language", "vision", "projector"], ...] = ("language",)
    """Whose linear layers get one."""
    frozen_dtype: Literal["bf16", "fp32"] = "bf16"
    """Type that the frozen weights are kept in; bf16 takes half the memory, as they came."""

    def __post_init__(self) -> None:
        _check("rank", self.rank, 1, 4096)
        _check("dropout", self.dropout, 0, 0.9)
        if self.kind not in ("lora", "dora"):
            raise UsageError(f"There is no adapter {self.kind!r}.", "Choose lora or dora.")
        if not self.parts or not set(self.parts) <= {"language", "vision", "projector"}:
            raise UsageError(
                f"An adapter cannot be for {self.parts!r}.",
                "Name some of language, vision and projector.",
            )

    @property
    def scale(self) -> float:
        """What the product of the two small matrices is multiplied by."""
        return (2 * self.rank if self.alpha is None else self.alpha) / self.rank


Trainable = Literal["all", "no_vision", "no_language"] | Adapter


@dataclass(frozen=True, kw_only=True)
class MpoOptions:
    """Mixed preference optimisation: w_p L_p + w_q L_q + w_g L_g (InternVL3 §2.3; MPO §3).

    The defaults are those of `shell/internvl3.0/mpo` upstream; β is TRL 0.10.1's default, which the
    scripts leave alone and the MPO paper also names.
    """

    beta: float = 0.1
    preference_weight: float = 0.8
    """w_p of the DPO term."""
    quality_weight: float = 0.2
    """w_q of the BCO term."""
    generation_weight: float = 1.0
    """w_g of the log-likelihood of the chosen answer."""

    def __post_init__(self) -> None:
        _check("beta", self.beta, 1e-6, 100)
        for name in ("preference_weight", "quality_weight", "generation_weight"):
            _check(name, getattr(self, name), 0, 100)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One run of one stage.

    Raises:
        UsageError: A value out of its range, or two that contradict each other.
    """

    name: str
    about: About
    stage: StageName
    init: str | ModelConfig | Parts
    """What to start from: a model (folder or hub name), two parts, or sizes for fresh weights."""
    data: DataOptions
    packing: PackingOptions
    optimiser: OptimiserOptions
    packs_per_step: int
    """Packed sequences in one step, over all processes together."""
    num_steps: int | None = None
    """Optimiser steps; None: so many as `num_epochs` needs."""
    num_epochs: float | None = None
    """Passes over the records of all sources; None where `num_steps` says it."""
    position_step: Literal["random"] | float = "random"
    """V2PE's δ: drawn for every picture, or one value."""
    max_tiles: int | None = None
    """Most tiles of a picture, the thumbnail not counted; None: the model's and the source's."""
    jpeg: bool = True
    """JPEG compression at random quality of tiles of sources that allow it."""
    reduction: Reduction = "square"
    """Weight of an example's l target tokens: 1, 1 / l or 1 / √l each."""
    trainable: Trainable = "all"
    mpo: MpoOptions | None = None
    """Set for the stage mpo, and only for it."""
    recompute_activations: bool = True
    drop_path: float = 0.0
    """Stochastic depth of the last vision block."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise UsageError(
                f"There is no stage {self.stage!r}.", f"Choose one of {', '.join(STAGES)}."
            )
        _check("packs_per_step", self.packs_per_step, 1, 1_000_000)
        _check("drop_path", self.drop_path, 0, 0.99)
        if self.position_step != "random":
            _check("position_step", self.position_step, 1 / 4096, 1)
        if self.max_tiles is not None:
            _check("max_tiles", self.max_tiles, 1, 1024)
        self._check_length()
        if (self.stage == "mpo") != (self.mpo is not None):
            raise UsageError(
                f"The recipe {self.name} is for {self.stage} and its mpo is {self.mpo!r}.",
                "Set mpo for the stage mpo, and only for it.",
            )

    def _check_length(self) -> None:
        if (self.num_steps is None) == (self.num_epochs is None):
            raise UsageError(
                f"The recipe {self.name} has num_steps {self.num_steps} and num_epochs"
                f" {self.num_epochs}.",
                "Set one of the two, and the other to none.",
            )
        if self.num_steps is not None:
            _check("num_steps", self.num_steps, 1, 10**9)
        if self.num_epochs is not None:
            _check("num_epochs", self.num_epochs, 1e-6, 10_000)


def _check(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}.", f"Choose {low:g} to {high:g}.")
