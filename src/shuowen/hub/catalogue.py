"""The models that are known by name: how large they are, and under which licence.

Sizes: InternVL3 (arXiv 2504.10479) Table 1 with the published `config.json` files; each model is
published after native pre-training (-Pretrained), after supervised fine-tuning (-Instruct), after
preference training (no suffix), and the last again in Transformers' layout (-hf). Licences: as the
model cards name them; None where none was seen, which is not the same as none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shuowen.hub.packaged import packaged_folder

Weights = Literal["bf16", "int8", "int4"]

_OTHER_FILES_BYTES = 16_000_000
"""Tokenizer, configuration and card of one model, roughly."""
_QUANTISED_BYTES = {"bf16": 2.0, "int8": 1.0, "int4": 0.5625}


@dataclass(frozen=True, kw_only=True)
class KnownModel:
    """A published model.

    Attributes:
        name: Owner and name, the same on both hubs; one of this package has no owner.
        stage: What it is after: pretrained, instruct, preference or critic.
        layout: How its files name the tensors: original or hf.
        num_parameters: All of them.
        num_layer_parameters: Those in the matrices of the language model's layers, which are what
            quantising makes smaller.
        kv_bytes_per_token: What one token of context takes in bfloat16.
        licence: As its card says, or None when no card was seen.
    """

    name: str
    stage: Literal["pretrained", "instruct", "preference", "critic"]
    layout: Literal["original", "hf"]
    num_parameters: int
    num_layer_parameters: int
    kv_bytes_per_token: int
    licence: str | None

    @property
    def is_packaged(self) -> bool:
        """Whether it came with this package."""
        return packaged_folder(self.name) is not None

    @property
    def download_bytes(self) -> int:
        """Roughly what a download brings: bfloat16 weights and a tokenizer; 0 for one of ours."""
        if self.is_packaged:
            return 0
        return 2 * self.num_parameters + _OTHER_FILES_BYTES

    def weights_bytes(self, weights: Weights) -> int:
        """Memory that the weights take; a context and the work on it come on top."""
        small = self.num_layer_parameters * _QUANTISED_BYTES[weights]
        return round(small) + 2 * (self.num_parameters - self.num_layer_parameters)


@dataclass(frozen=True)
class _Size:
    num_parameters: int
    num_layer_parameters: int
    kv_bytes_per_token: int
    licence: str | None
    hf_licence: str | None = None


_SIZES = {
    "1B": _Size(938_193_024, 357_826_560, 12_288, "apache-2.0"),
    "2B": _Size(2_088_957_440, 1_310_195_712, 28_672, "apache-2.0"),
    "8B": _Size(7_944_373_760, 6_525_288_448, 57_344, "apache-2.0", "qwen"),
    "9B": _Size(9_141_898_240, 7_751_073_792, 49_152, "mit"),
    "14B": _Size(15_117_256_704, 13_212_057_600, 196_608, "apache-2.0", "qwen"),
    "38B": _Size(38_388_164_992, 31_205_621_760, 262_144, None),
    "78B": _Size(78_408_318_336, 70_212_648_960, 327_680, None),
}


def _in_all_stages(size: str) -> tuple[KnownModel, ...]:
    name, numbers = f"OpenGVLab/InternVL3-{size}", _SIZES[size]

    def model(
        suffix: str, stage: Literal["pretrained", "instruct", "preference"], licence: str | None
    ) -> KnownModel:
        return KnownModel(
            name=name + suffix,
            stage=stage,
            layout="hf" if suffix == "-hf" else "original",
            num_parameters=numbers.num_parameters,
            num_layer_parameters=numbers.num_layer_parameters,
            kv_bytes_per_token=numbers.kv_bytes_per_token,
            licence=licence,
        )

    return (
        model("-Pretrained", "pretrained", numbers.licence),
        model("-Instruct", "instruct", numbers.licence),
        model("", "preference", numbers.licence),
        model("-hf", "preference", numbers.hf_licence),
    )


def _critic(name: str, numbers: _Size) -> KnownModel:
    return KnownModel(
        name=name,
        stage="critic",
        layout="original",
        num_parameters=numbers.num_parameters,
        num_layer_parameters=numbers.num_layer_parameters,
        kv_bytes_per_token=numbers.kv_bytes_per_token,
        licence="mit",
    )


KNOWN_MODELS: tuple[KnownModel, ...] = (
    # Reads crops of one line; `train/nano` has its sizes.
    KnownModel(
        name="shuowen-nano",
        stage="preference",
        layout="original",
        num_parameters=7_647_936,
        num_layer_parameters=3_932_160,
        kv_bytes_per_token=2_560,
        licence="apache-2.0",
    ),
    *(model for size in _SIZES for model in _in_all_stages(size)),
    # InternVL2.5-8B's sizes: InternLM2.5-7B with 92,553 words.
    _critic("OpenGVLab/VisualPRM-8B", _Size(8_075_365_376, 6_979_321_856, 131_072, "mit")),
    # A Qwen tokenizer and 15.9 GB: InternVL3-8B's sizes.
    _critic("OpenGVLab/VisualPRM-8B-v1_1", _SIZES["8B"]),
)
"""Ours; seven sizes in four kinds each; and the two critics that score solution steps."""


def known_model(name: str) -> KnownModel | None:
    """The known model of that name ("OpenGVLab/InternVL3-1B"), or None."""
    return next((model for model in KNOWN_MODELS if model.name == name), None)
