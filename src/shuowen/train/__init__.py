"""Training InternVL3: four stories (pretrain, sft, mpo, prm) over shared pure functions."""
