"""Weights of InternVL3 in and out of folders of safetensors files, in every published layout.

`layouts` knows the names upstream and `rules` what they become; `safetensors_header` and `shards`
read files, `write` writes them; `plan` says which stored tensor fills which parameter; `load` and
`save` are for callers.
"""
