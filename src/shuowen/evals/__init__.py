"""Benchmarks: how much of a document was read right, and how fast."""
