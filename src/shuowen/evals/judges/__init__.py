"""Measures of public benchmarks by their published rules: one `Judge` a measure."""
