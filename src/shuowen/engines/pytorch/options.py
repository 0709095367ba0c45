"""How the engine runs: one frozen record. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from shuowen.errors import UsageError

Weights = Literal["float32", "bf16", "int8", "int4"]
VisionWeights = Literal["same", "int8"]


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """What a model that runs here may take, and how it shares it out."""

    weights: Weights | None = None
    """How the language model's weights are kept; None: as in the folder, and where that is not
    quantised bf16, or float32 on a processor without bfloat16 arithmetic. Everything in between is
    computed in float32 with float32 weights, else in bfloat16."""
    vision_weights: VisionWeights | None = None
    """How the vision encoder's are kept: as the rest, or int8, faster on the processor; None: as in
    the folder."""
    device: str = "auto"
    """Where the model runs: "cpu", "cuda", "cuda:1" …; auto: the first GPU, else the processor."""
    threads: int = 0
    """Threads that compute on the processor; 0: one for every core that this process may use."""
    max_running: int = 16
    """Candidates that are generated at the same time; others wait."""
    max_waiting: int = 256
    """Candidates that may wait; a request beyond them is refused."""
    kv_cache_bytes: int | None = None
    """Memory for keys and values; None: a share of what is left beside the weights."""
    visual_cache_bytes: int = 256 * 1024**2
    """Memory for visual tokens of pictures that may be asked about again."""
    page_tokens: int = 64
    """Tokens of a page of the key-value cache, in which memory is given out and shared."""
    prefill_chunk_tokens: int = 512
    """Prompt tokens that run in one step, beside the decoding; more is faster for prompts, less
    keeps answers that are being written smoother."""
    vision_batch_tiles: int | None = None
    """Tiles that are encoded in one step; None: 1 on the processor, 16 on a GPU."""
    critic: str | None = None
    """Folder or hub name of a model that judges answers, such as VisualPRM, for
    `SamplingParams.best_of`; None: only critics without a network. Weights as the model's."""
    compile: bool = False
    """Compile the network's parts with `torch.compile`: a slow first minute, then faster steps."""

    def __post_init__(self) -> None:
        _check_choice("weights", self.weights, get_args(Weights))
        _check_choice("vision_weights", self.vision_weights, get_args(VisionWeights))
        if self.threads < 0:
            raise UsageError(f"threads is {self.threads}.", "Choose 0 or more.")
        for name in ("max_running", "max_waiting", "page_tokens", "prefill_chunk_tokens"):
            _check_positive(name, getattr(self, name))
        for name in ("kv_cache_bytes", "vision_batch_tiles"):
            if getattr(self, name) is not None:
                _check_positive(name, getattr(self, name))
        if self.visual_cache_bytes < 0:
            raise UsageError(
                f"visual_cache_bytes is {self.visual_cache_bytes}.", "Choose 0 or more."
            )


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(f"{name} is {value}.", "Choose 1 or more.")


def _check_choice(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise UsageError(f"{name} is {value!r}.", f"Choose one of: {', '.join(choices)}.")
