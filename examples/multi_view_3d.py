r"""Understand a scene from four sides, several times over, and let the answers vote.

python examples/multi_view_3d.py --model OpenGVLab/InternVL3-8B front.png right.png back.png \
    left.png --question "Which block is nearest to the camera in Image-3?"
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from contextlib import closing

import sample_pictures
from PIL import Image

import shuowen
from shuowen.generation.answers import find_boxed
from shuowen.generation.ask import ask
from shuowen.generation.engine import Engine

PROMPT = (
    "The images show one scene from the front, the right, the back and the left. {question}\n"
    "Think step by step, then write the answer as \\boxed{{…}}."
)


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-8B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=400)
    parser.add_argument("--votes", type=int, default=3, help="answers that are drawn")
    parser.add_argument("--question", default="Seen from the back, which block is on the left?")
    parser.add_argument("pictures", nargs="*", help="left out: drawn blocks")
    given = parser.parse_args(argv)
    views = [Image.open(path) for path in given.pictures] or [
        sample_pictures.blocks(side) for side in range(4)
    ]

    with closing(engine or shuowen.load_model(given.model)) as model:
        completion = ask(
            model,
            PROMPT.format(question=given.question),
            views,
            max_tokens=given.max_tokens,
            num_candidates=given.votes,
            temperature=0.7,
            seed=0,
        )
    votes = Counter(find_boxed(candidate.text) or "none" for candidate in completion.candidates)
    for answer, num_votes in votes.most_common():
        print(f"{answer}: {num_votes} of {given.votes}")


if __name__ == "__main__":
    main()
