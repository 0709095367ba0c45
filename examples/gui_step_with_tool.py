"""One step of working a program: the model looks at the screen and calls a tool to click.

python examples/gui_step_with_tool.py --model OpenGVLab/InternVL3-8B --goal "Save" screen.png

Nothing is clicked; where it would be is printed, in pixels of the screenshot.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import closing

import sample_pictures
from PIL import Image

import shuowen
from shuowen.generation.answers import SCALE, find_tool_calls
from shuowen.generation.ask import ask
from shuowen.generation.engine import Engine
from shuowen.prompt.messages import Tool

CLICK = Tool(
    name="click",
    description="Click on a place of the screen.",
    parameters={
        "type": "object",
        "properties": {
            "x": {"type": "integer", "description": "From the left, 0 to 1000."},
            "y": {"type": "integer", "description": "From the top, 0 to 1000."},
        },
        "required": ["x", "y"],
    },
)


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-8B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=200)
    parser.add_argument("--goal", default="Keep the changes.")
    parser.add_argument("picture", nargs="?", help="left out: a drawn dialog")
    given = parser.parse_args(argv)
    screen = Image.open(given.picture) if given.picture else sample_pictures.dialog()

    with closing(engine or shuowen.load_model(given.model)) as model:
        prompt = f"Goal: {given.goal} Call the tool that brings you nearer to it."
        completion = ask(model, prompt, [screen], tools=[CLICK], max_tokens=given.max_tokens)
    words, calls = find_tool_calls(completion.text)
    if words:
        print(words)
    for call in calls:
        point = clicked_point(call.arguments, screen.width, screen.height)
        if call.name == CLICK.name and point:
            print(f"click at ({point[0]:.0f}, {point[1]:.0f})")
        else:
            print(f"refused: {call.name}({call.arguments})")
    if not calls:
        print("no tool was called")


def clicked_point(arguments: str, width_px: int, height_px: int) -> tuple[float, float] | None:
    """Where a call clicks, in pixels; None when its arguments are not two numbers of 0 to 1000.

    What a model writes is checked like any stranger's input before anything is done with it.
    """
    found = json.loads(arguments)
    x, y = found.get("x"), found.get("y")
    if not all(isinstance(each, int | float) and 0 <= each <= SCALE for each in (x, y)):
        return None
    return x / SCALE * width_px, y / SCALE * height_px


if __name__ == "__main__":
    main()
