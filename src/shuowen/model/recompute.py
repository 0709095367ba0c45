"""Running a block so that training need not keep what is inside it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


def run(block: nn.Module, *inputs: Any, recompute: bool) -> Tensor:
    """The block's output.

    Args:
        block: A module that returns one tensor.
        inputs: What it takes.
        recompute: Keep only the inputs and run the block again for its gradients (activation
            checkpointing, Chen et al. 2016): less memory, about a third more time.
    """
    output: Tensor = (
        checkpoint(block, *inputs, use_reentrant=False) if recompute else block(*inputs)
    )
    return output
