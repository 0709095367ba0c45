"""Say what happens in a video.

python examples/video_summary.py --model OpenGVLab/InternVL3-2B --frames 16 clip.mp4

Opening a file needs the extra "video": pip install 'shuowen[torch,video]'
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import sample_pictures

import shuowen
from shuowen.generation.ask import as_picture
from shuowen.generation.engine import Engine, Request
from shuowen.generation.params import SamplingParams
from shuowen.image.video import sample_frames
from shuowen.prompt.messages import Message, VideoPart


def main(argv: Sequence[str] | None = None, engine: Engine | None = None) -> None:
    """Run the example; tests hand in an engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="OpenGVLab/InternVL3-2B", help="folder, hub name, URL")
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--frames", type=int, default=8, help="evenly spread over the video")
    parser.add_argument("video", nargs="?", type=Path, help="left out: a drawn rolling ball")
    given = parser.parse_args(argv)
    if given.video:
        frames = sample_frames(given.video, given.frames)
    else:
        frames = [as_picture(frame) for frame in sample_pictures.ball_frames(given.frames)]

    question = Message.of("user", VideoPart(tuple(frames)), "What happens in this video?")
    params = SamplingParams(max_tokens=given.max_tokens)
    with closing(engine or shuowen.load_model(given.model)) as model:
        completion = model.generate(Request(messages=(question,), params=params))
    print(completion.text)
    for notice in completion.notices:
        print(f"({notice})")


if __name__ == "__main__":
    main()
