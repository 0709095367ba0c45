"""The seven sizes of InternVL3: their published names, and what differs in training.

Sources: InternVL3 (arXiv 2504.10479) Table 1; InternVL 2.5 (arXiv 2412.05271) Table 3 and
`shell/internvl2.5/stage2` upstream for stochastic depth and weight decay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shuowen.train.options import OptimiserOptions
from shuowen.train.packing import PackingOptions

_SMALL_VISION = "OpenGVLab/InternViT-300M-448px-V2_5"
_LARGE_VISION = "OpenGVLab/InternViT-6B-448px-V2_5"


_LONGEST_PACKS = {"1B": 32_768, "2B": 32_768, "38B": 8_192, "78B": 5_120}


@dataclass(frozen=True, kw_only=True)
class PublishedSize:
    """One size."""

    name: str
    """As in `model.config.CONFIGS`."""
    vision: str
    language: str
    """The base language model that native pre-training starts from."""
    pretrain_lr: float
    """Of InternVL 2.5's stage 2, the nearest that is published."""
    weight_decay: float
    """Likewise."""
    drop_path: float
    """Likewise."""
    longest_pack: int
    """Tokens of a packed sequence that 80 GB hold beside the model (`shuowen train plan`)."""

    @property
    def slug(self) -> str:
        """In names of recipes: "8b"."""
        return self.name.lower()

    def packing(self, max_tokens: int) -> PackingOptions:
        """Packed sequences of so many tokens, or as many as fit; 48 tiles in 16,384."""
        tokens = min(max_tokens, self.longest_pack)
        return PackingOptions(max_tokens=tokens, max_tiles=tokens * 3 // 1024, max_buffers=20)

    def hub(self, stage: str = "") -> str:
        """The published model: after "Pretrained", "Instruct" (SFT), or all stages (MPO)."""
        return f"OpenGVLab/InternVL3-{self.name}" + (f"-{stage}" if stage else "")


def _size(name: str, language: str, weight_decay: float = 0.05) -> PublishedSize:
    is_large = name in ("38B", "78B")
    return PublishedSize(
        name=name,
        vision=_LARGE_VISION if is_large else _SMALL_VISION,
        language=language,
        pretrain_lr=2e-5 if is_large else 4e-5,
        weight_decay=weight_decay,
        drop_path=0.4 if is_large else 0.1,
        longest_pack=_LONGEST_PACKS.get(name, 16_384),
    )


SIZES: Mapping[str, PublishedSize] = MappingProxyType(
    {
        each.name: each
        for each in (
            _size("1B", "Qwen/Qwen2.5-0.5B", weight_decay=0.01),
            _size("2B", "Qwen/Qwen2.5-1.5B", weight_decay=0.01),
            _size("8B", "Qwen/Qwen2.5-7B"),
            _size("9B", "internlm/internlm3-8b-instruct"),
            _size("14B", "Qwen/Qwen2.5-14B"),
            _size("38B", "Qwen/Qwen2.5-32B"),
            _size("78B", "Qwen/Qwen2.5-72B"),
        )
    }
)
"""Smallest first."""


def packs_per_step(step_tokens: int, packing: PackingOptions, num_gpus: int) -> int:
    """Packed sequences of a step of about so many tokens, a multiple of the GPUs."""
    return max(round(step_tokens / packing.max_tokens / num_gpus), 1) * num_gpus


def launcher(num_gpus: int) -> str:
    """The command that starts a process for every GPU, eight on a machine."""
    nodes = f"--nnodes {num_gpus // 8} " if num_gpus > 8 else ""
    return f"torchrun {nodes}--nproc-per-node 8 -m shuowen"


def adamw(lr: float, weight_decay: float, warmup_share: float = 0.03) -> OptimiserOptions:
    """AdamW as all of upstream's scripts have it: β 0.9 and 0.999, ε 1e-8, cosine to 0, clip 1."""
    return OptimiserOptions(
        name="adamw",
        lr=lr,
        weight_decay=weight_decay,
        betas=(0.9, 0.999),
        eps=1e-8,
        warmup_share=warmup_share,
        schedule="cosine",
        clip_norm=1.0,
        min_lr_share=0.0,
    )
