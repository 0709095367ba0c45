"""InternVL3 on PyTorch: many requests at once over a paged key-value cache.

Read `simple` first: it is the whole of generation in one page. What follows does the same, fast:

1. `engine` takes a request from any thread and makes its prompt; its own thread runs the `core`.
2. `core` steps: admits, sees some tiles (`picture_encoder`), runs a batch, chooses tokens.
3. `scheduler` says which tokens of which `sequences` run, and who gives way when memory is short.
4. `kv_cache` has their keys and values in `pages`; `prefix_cache` finds those of earlier requests.
5. `batch` packs them; `runner` puts them through the network, with the attention that reads pages
   best here: `kernel_attention`, `span_attention`, or `padded_attention` and `decode_graphs`.

`judging` puts a model that judges answers beside one that writes them (`engines.best_of`).
"""
