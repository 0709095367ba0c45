"""When memory runs out: telling it from other errors of torch, and saying so."""

from __future__ import annotations

import torch

from shuowen.errors import CapacityError

_SAYINGS = ("not enough memory", "can't allocate memory", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an operation failed for want of memory.

    On the processor torch raises a plain RuntimeError whose text says so (c10/core/impl/alloc_cpu).
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(each in str(error) for each in _SAYINGS)


def let_go_of_memory(device: torch.device) -> None:
    """Give memory that torch only keeps for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def no_memory(what: str) -> CapacityError:
    """The error for what could not be made any smaller."""
    return CapacityError(
        f"Memory does not suffice {what}.",
        "Lower kv_cache_bytes, choose smaller weights such as int8, or close other programs.",
    )
