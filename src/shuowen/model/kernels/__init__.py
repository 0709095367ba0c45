"""Kernels in C for decoding and attention on processors with AVX512_BF16.

`load_kernels()` gives them, or None where they cannot be had; everything works without them, on
PyTorch's own kernels, more slowly. Measured ratios are in `docs/log.md`.
"""
