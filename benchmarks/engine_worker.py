"""One InternVL3 engine in a process of its own: tasks in on stdin, measurements out on stdout.

Run by `engine.py`, which writes a line of JSON for each task and reads one line back:

    {"task": "decode", "round": 1}  ->  {"seconds": 1.9, "tokens": 65, "peak_mb": 1720}

Tasks, all greedy and without an end token; prompts differ from round to round, so that nothing is
found in a cache:

- first_token: a picture of 12 tiles and a thumbnail, and 100 tokens of text; seconds to one token.
- decode: one answer; seconds that 65 more tokens take.
- decode_8: eight answers side by side; seconds that 65 more tokens of each take (for transformers'
  continuous batching: whole runs to 65 tokens, its setting up included).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import peak_memory_mb
from worker import use_processors

PICTURE_SIDES_PX = (1344, 1792)
"""3 by 4, which 12 tiles and a thumbnail show."""
NUM_TEXT_TOKENS = 100
NUM_SHORT_TOKENS = 8
NUM_NEW_TOKENS = 65
NUM_STREAMS = 8

Measured = dict[str, float]
Task = Callable[[int], Measured]


def picture(round_number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Noise, another in every round."""
    generator = np.random.default_rng(round_number)
    return generator.integers(0, 256, (*PICTURE_SIDES_PX, 3), dtype=np.uint8)


def words(round_number: int, stream: int = 0) -> list[int]:
    """Token ids of a text, another for every round and stream."""
    generator = np.random.default_rng([round_number, stream])
    return [int(each) for each in generator.integers(1000, 100_000, NUM_TEXT_TOKENS)]


def difference(seconds: Callable[[int], float], num_streams: int) -> Measured:
    """Decoding alone: what longer answers take beyond short ones to prompts as long."""
    short = seconds(NUM_SHORT_TOKENS)
    return {
        "seconds": seconds(NUM_SHORT_TOKENS + NUM_NEW_TOKENS) - short,
        "tokens": num_streams * NUM_NEW_TOKENS,
    }


def shuowen_tasks(folder: Path, threads: int, options: dict[str, str]) -> dict[str, Task]:
    """Our engine, asked as anybody asks it: from messages, over `generate` and `stream`."""
    from shuowen.engines.pytorch.load import EngineOptions, load_engine
    from shuowen.generation.engine import Request
    from shuowen.generation.params import SamplingParams
    from shuowen.prompt.messages import ImagePart, Message

    engine = load_engine(folder, EngineOptions(device="cpu", threads=threads, **options))

    def request(round_number: int, stream: int, max_tokens: int, *parts: Any) -> Request:
        # The made-up vocabulary spells letter by letter; the template takes 36 tokens of the 100.
        text = "".join(chr(97 + each % 26) for each in words(round_number, stream)[:64])
        params = SamplingParams(max_tokens=max_tokens, ignore_end=True, repetition_guard=None)
        messages = (Message.of("system", "Read."), Message.of("user", *parts, text))
        return Request(messages=messages, params=params)

    def first_token(round_number: int) -> Measured:
        asked = request(round_number, 0, 1, ImagePart(picture(round_number)))
        start = time.perf_counter()
        engine.generate(asked)
        return {"seconds": time.perf_counter() - start, "tokens": 1}

    def seconds(round_number: int, num_streams: int, num_tokens: int) -> float:
        asked = [request(round_number, each, num_tokens) for each in range(num_streams)]
        threads = [threading.Thread(target=engine.generate, args=(each,)) for each in asked]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start

    def decode_many(round_number: int, num_streams: int) -> Measured:
        return difference(
            lambda num: seconds(2 * round_number + num % 2, num_streams, num), num_streams
        )

    return {
        "first_token": first_token,
        "decode": lambda round_number: decode_many(round_number, 1),
        "decode_8": lambda round_number: decode_many(round_number, NUM_STREAMS),
    }


def transformers_tasks(folder: Path, threads: int, options: dict[str, str]) -> dict[str, Task]:
    """transformers' `generate`, given tensors that are ready, or its continuous batching."""
    import torch
    from transformers import GenerationConfig, InternVLForConditionalGeneration

    torch.set_num_threads(threads)
    model = InternVLForConditionalGeneration.from_pretrained(
        folder, dtype=getattr(torch, options["dtype"])
    ).eval()
    image_token, batched = model.config.image_token_id, options.get("batched") == "yes"

    def settings(num_tokens: int) -> dict[str, Any]:
        return {
            "max_new_tokens": num_tokens,
            "min_new_tokens": num_tokens,
            "do_sample": False,
            "pad_token_id": 0,
        }

    def first_token(round_number: int) -> Measured:
        pixels = torch.from_numpy(tiles(picture(round_number))).to(model.dtype)
        ids = [image_token] * (256 * len(pixels)) + words(round_number)
        start = time.perf_counter()
        model.generate(input_ids=torch.tensor([ids]), pixel_values=pixels, **settings(1))
        return {"seconds": time.perf_counter() - start, "tokens": 1}

    def seconds(prompts: list[list[int]], num_tokens: int) -> float:
        start = time.perf_counter()
        if batched:
            continuous(prompts, num_tokens)
        else:
            model.generate(input_ids=torch.tensor(prompts), **settings(num_tokens))
        return time.perf_counter() - start

    def decode_many(round_number: int, num_streams: int) -> Measured:
        prompts = [words(round_number, stream) for stream in range(num_streams)]
        if batched:  # whole runs: setting itself up takes it longer than decoding
            whole = seconds(prompts, NUM_NEW_TOKENS)
            return {"seconds": whole, "tokens": num_streams * NUM_NEW_TOKENS}
        return difference(lambda num_tokens: seconds(prompts, num_tokens), num_streams)

    def continuous(prompts: list[list[int]], num_tokens: int) -> None:
        config = GenerationConfig(
            max_new_tokens=num_tokens, do_sample=False, eos_token_id=-1, pad_token_id=0
        )
        done = model.generate_batch(inputs=prompts, generation_config=config, progress_bar=False)
        assert all(len(each.generated_tokens) == num_tokens for each in done.values())

    if batched:
        return {"decode_8": lambda round_number: decode_many(round_number, NUM_STREAMS)}
    return {
        "first_token": first_token,
        "decode": lambda round_number: decode_many(round_number, 1),
        "decode_8": lambda round_number: decode_many(round_number, NUM_STREAMS),
    }


def tiles(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The 13 normalised tiles of a picture; cutting is not what is compared."""
    from shuowen.image.normalise import normalise
    from shuowen.image.tiles import cut_tiles

    cut, _ = cut_tiles(pixels, 1, 12)
    assert len(cut) == 13
    return normalise(cut)


def main() -> None:
    kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    options: dict[str, str] = json.loads(sys.argv[4])
    # Libraries print what they like; the answers get a stream of their own.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    use_processors(threads)
    made = {"shuowen": shuowen_tasks, "transformers": transformers_tasks}[kind]
    tasks = made(folder, threads, options)
    print(json.dumps({"tasks": sorted(tasks)}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {**tasks[asked["task"]](asked["round"]), "peak_mb": peak_memory_mb()}
        print(json.dumps(answer), file=answers, flush=True)
    os._exit(0)  # a library's threads must not keep the process


if __name__ == "__main__":
    main()
