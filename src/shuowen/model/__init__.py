"""InternVL3, the network and nothing else. `config` needs no torch; everything else does."""
