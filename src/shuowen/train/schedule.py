"""The learning rate of every step, as a share of its largest value."""

from __future__ import annotations

from math import cos, pi

from shuowen.train.options import OptimiserOptions


def lr_share(step: int, num_steps: int, options: OptimiserOptions) -> float:
    """Warm-up, then what the schedule says.

    ::

        cosine    /‾‾\\__        wsd    /‾‾‾‾‾\\        constant    /‾‾‾‾‾‾‾

    The warm-up is linear and its first step is not 0. "wsd" (warm-up, stable, decay: Hu et al.
    2024, MiniCPM) stays at 1 until the last `decay_share` of the steps and falls linearly.

    Args:
        step: From 0.
        num_steps: Of the whole run.
        options: Shares of warm-up and decay, and what is left at the end.

    Returns:
        Between `min_lr_share` (or 0 in the warm-up) and 1.
    """
    warmup = round(options.warmup_share * num_steps)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    low = options.min_lr_share
    if options.schedule == "constant":
        return 1.0
    if options.schedule == "cosine":
        done = (step - warmup) / max(num_steps - warmup, 1)
        return low + (1 - low) * (1 + cos(pi * min(done, 1.0))) / 2
    decay = max(round(options.decay_share * num_steps), 1)
    left = min(max(num_steps - step, 0) / decay, 1.0)
    return low + (1 - low) * left
