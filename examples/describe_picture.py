"""Describe a picture, word by word as the answer comes.

python examples/describe_picture.py --model OpenGVLab/InternVL3-1B photo.jpg
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing

import sample_pictures
from PIL import Image

import shuowen
from shuowen.generation.ask import as_picture
from shuowen.generation.engine import Engine, Request
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Completion, Delta
from shuowen.prompt.messages import ImagePart, Message


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-1B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("picture", nargs="?", help="left out: a drawn street")
    given = parser.parse_args(argv)
    picture = Image.open(given.picture) if given.picture else sample_pictures.street()

    question = Message.of("user", ImagePart(as_picture(picture)), "Describe the picture.")
    params = SamplingParams(max_tokens=given.max_tokens)
    with closing(engine or shuowen.load_model(given.model)) as model:
        for event in model.stream(Request(messages=(question,), params=params)):
            if isinstance(event, Completion):
                print(f"\n\n{event.usage.completion_tokens} tokens, {event.timings.total:.1f} s")
            elif isinstance(
                event, Delta
            ):  # `retracted` letters, a loop that was cut out, cannot be unprinted
                print(event.text, end="", flush=True)


if __name__ == "__main__":
    main()
