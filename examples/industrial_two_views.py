"""Compare a part on the belt with a sound one, and say where it differs.

python examples/industrial_two_views.py --model OpenGVLab/InternVL3-8B sound.png checked.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing

import sample_pictures
from PIL import Image

import shuowen
from shuowen.generation.answers import find_boxes
from shuowen.generation.ask import ask
from shuowen.generation.engine import Engine

PROMPT = (
    "Image-1 shows a sound part, Image-2 the part that is checked. Does it have a defect that the"
    " sound one has not? Answer yes or no. If yes, name the defect and give its place in Image-2"
    " as <ref>defect</ref><box>[[x1, y1, x2, y2]]</box>."
)


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-8B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=200)
    parser.add_argument("pictures", nargs="*", help="two, or none for drawn rings")
    given = parser.parse_args(argv)
    if len(given.pictures) not in (0, 2):
        parser.error("give a sound part and the one to check")
    sound, checked = [Image.open(path) for path in given.pictures] or [
        sample_pictures.ring(has_crack=has_crack) for has_crack in (False, True)
    ]

    with closing(engine or shuowen.load_model(given.model)) as model:
        completion = ask(model, PROMPT, [sound, checked], max_tokens=given.max_tokens)
    print(completion.text)
    for found in find_boxes(completion.text, checked.width, checked.height):
        box = found.box
        print(f"{found.label}: {box.left:.0f}, {box.top:.0f} to {box.right:.0f}, {box.bottom:.0f}")


if __name__ == "__main__":
    main()
