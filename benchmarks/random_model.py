"""A model folder of a published size with random weights and a made-up vocabulary.

    python benchmarks/random_model.py out/random-1b --size 1B

Speed and memory do not depend on what the weights are. The folder is in transformers' layout, which
both sides read; its tokenizer has the special tokens at their published ids.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from shuowen.model.config import CONFIGS
from shuowen.model.internvl import InternVL
from shuowen.model.parameters import init_weights
from shuowen.model.weights.save import save_model

NUM_QWEN_TOKENS = 151_643
FIRST_ADDED = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
NUM_RESERVED = 151_665 - NUM_QWEN_TOKENS - len(FIRST_ADDED)
LAST_ADDED = (
    *("<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>"),
    *("<ref>", "</ref>", "<box>", "</box>"),
)


def write_random_model(folder: Path, size: str, seed: int = 0) -> None:
    """Write the folder; a folder that is there already is left as it is."""
    if (folder / "config.json").is_file():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    tokenizer = folder.with_name(f"{folder.name}-tokenizer")
    tokenizer.mkdir(exist_ok=True)
    make_tokenizer().save(str(tokenizer / "tokenizer.json"))
    (tokenizer / "config.json").write_text("{}")
    with torch.device("meta"):
        model = InternVL(CONFIGS[size]).to(torch.bfloat16)
    model.to_empty(device="cpu")
    init_weights(model, seed=seed)
    save_model(model, folder, "hf", source_folder=tokenizer)


def make_tokenizer() -> Tokenizer:
    """Bytes, then words of no meaning up to Qwen2.5's size, then the special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *(f"w{index}" for index in range(NUM_QWEN_TOKENS - len(alphabet)))]
    tokenizer = Tokenizer(BPE({word: index for index, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    reserved = tuple(f"<|reserved_{index}|>" for index in range(NUM_RESERVED))
    added = (*FIRST_ADDED, *reserved, *LAST_ADDED)
    tokenizer.add_special_tokens([AddedToken(each, special=True) for each in added])
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=list(CONFIGS), default="1B")
    asked = parser.parse_args()
    write_random_model(asked.folder, asked.size)


if __name__ == "__main__":
    main()
