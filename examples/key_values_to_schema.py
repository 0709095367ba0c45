"""Read a receipt into fields that a JSON Schema names; no other answer is possible.

python examples/key_values_to_schema.py --model OpenGVLab/InternVL3-1B receipt.jpg

A model that runs here needs the extra "constrain": pip install 'shuowen[torch,constrain]'
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing

import sample_pictures
from PIL import Image

import shuowen
from shuowen.generation.ask import ask
from shuowen.generation.engine import Engine
from shuowen.generation.params import JsonSchema

SCHEMA = {
    "type": "object",
    "properties": {
        "shop": {"type": "string", "maxLength": 40},
        "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "currency": {"enum": ["EUR", "USD", "CNY", "other"]},
        "total": {"type": "string", "pattern": "^[0-9]{1,6}[.][0-9]{2}$"},
    },
    "required": ["shop", "date", "currency", "total"],
    "additionalProperties": False,
}


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-1B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=300)
    parser.add_argument("picture", nargs="?", help="left out: a drawn receipt")
    given = parser.parse_args(argv)
    picture = Image.open(given.picture) if given.picture else sample_pictures.receipt()

    with closing(engine or shuowen.load_model(given.model)) as model:
        completion = ask(
            model,
            "Read the shop, date, currency and total of this receipt as JSON.",
            [picture],
            constraint=JsonSchema(SCHEMA),
            max_tokens=given.max_tokens,
        )
    if completion.candidates[0].finish_reason != "stop":
        print(f"The answer is cut off; raise --max-tokens: {completion.text}", file=sys.stderr)
        return
    for name, value in json.loads(completion.text).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
