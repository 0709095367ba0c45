"""Read a table as HTML.

python examples/table_to_html.py --model OpenGVLab/InternVL3-1B table.png > table.html
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

import sample_pictures
from PIL import Image

import shuowen
from shuowen.generation.ask import ask
from shuowen.generation.engine import Engine
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.tasks import READING_PROMPTS


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-1B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=2048)
    parser.add_argument("--max-tiles", type=int, help="more for small print; not for a URL")
    parser.add_argument("--language", choices=["en", "zh"], default="en")
    parser.add_argument("picture", nargs="?", help="left out: a drawn table")
    given = parser.parse_args(argv)
    picture = Image.open(given.picture) if given.picture else sample_pictures.table()

    with closing(engine or shuowen.load_model(given.model)) as model:
        completion = ask(
            model,
            READING_PROMPTS["table"][given.language],
            [picture],
            encode=EncodeOptions(max_tiles=given.max_tiles),
            max_tokens=given.max_tokens,
        )
    print(completion.text.removeprefix("```html").removesuffix("```").strip())
    if completion.candidates[0].finish_reason != "stop":
        print("The table is cut off.", file=sys.stderr)


if __name__ == "__main__":
    main()
