"""`shuowen chat`: questions about pictures, documents and videos to InternVL3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shuowen.cli.chat_options import ExtraField, PositionStep
from shuowen.cli.source_options import source_options
from shuowen.cli.values import Nearest
from shuowen.generation.params import MAX_BEST_OF
from shuowen.prompt.options import MAX_TILES
from shuowen.prompt.tasks import TASK_TILES

SHOW_CHOICES = ("boxes", "tool-calls", "boxed")

HELP = """Ask InternVL3 about pictures, documents and videos.

MODEL is a folder with weights, a name on a hub such as OpenGVLab/InternVL3-1B, or the URL of a
server that speaks the OpenAI protocol. Its API key is read from SHUOWEN_API_KEY.

With PROMPT one answer goes to standard output. Without it, on a terminal, a chat begins: /help
lists its commands, Ctrl-C stops an answer, Ctrl-D ends. Without it, in a pipe, the question is read
from standard input. Only the answer goes to standard output; remarks go to standard error.

A name on a hub that is not here yet is downloaded first, as `shuowen models download` does. Exit
code 10 tells that an answer of a given form was cut off.

\b
Examples:
  shuowen chat ./InternVL3-1B "What is this?" --image photo.jpg
  shuowen chat ./InternVL3-1B --image scan.pdf --pages 1-3           talk about three pages
  shuowen chat ./InternVL3-1B "Read the text." --task ocr --image scan.png > scan.txt
  shuowen chat http://localhost:8000 "Total?" --image bill.png --json-schema total.json
  shuowen chat ./InternVL3-1B "Where is <ref>the stamp</ref>?" --image a.png --overlay b.png
  echo "Say hello" | shuowen chat ./InternVL3-1B
"""


@click.command("chat", help=HELP)
@click.argument("model")
@click.argument("prompt", required=False)
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="FILE",
    help="A picture, PDF, folder, pattern or URL to show; repeat it for several.",
)
@click.option(
    "--video",
    "videos",
    multiple=True,
    metavar="FILE",
    help="A video to show as frames; repeat it for several. Needs shuowen[video].",
)
@click.option(
    "--frames",
    "num_frames",
    type=click.IntRange(1, 128),
    default=16,
    show_default=True,
    help="Frames taken from each video.",
)
@click.option("--system", metavar="TEXT", help="Replace the model's own system prompt.")
@click.option(
    "--task",
    type=Nearest(list(TASK_TILES)),
    help="Cut pictures into as many tiles as suit the task.",
)
@click.option("--max-tokens", type=int, help="Most tokens of the answer.  [default: 1024]")
@click.option("--temperature", type=float, help="0 takes the likeliest word.  [default: 0]")
@click.option("--top-p", type=float, help="Draw among the likeliest tokens of this share.")
@click.option("--top-k", type=int, help="Draw among so many likeliest tokens.")
@click.option("--seed", type=int, help="Makes drawing repeatable.")
@click.option("--repetition-penalty", type=float, help="Above 1 makes said words less likely.")
@click.option("--stop", multiple=True, metavar="TEXT", help="End before TEXT; may be repeated.")
@click.option("-n", "--n", "num_candidates", type=int, metavar="N", help="Give N answers.")
@click.option(
    "--best-of",
    type=click.IntRange(1, MAX_BEST_OF),
    metavar="N",
    help="Write N answers and give the best: the first takes the likeliest words, the others are"
    " drawn at temperature 0.7. Takes about N times as long as the answer alone.",
)
@click.option(
    "--critic",
    metavar="WHO",
    help="Who chooses with --best-of: vote (most answers with one result), likelihood, agreement"
    " (the text most like the others), random, or a model that judges steps, such as"
    " OpenGVLab/VisualPRM-8B-v1_1: its folder or name on a hub.  [default: vote]",
)
@click.option(
    "--max-tiles",
    type=click.IntRange(1, MAX_TILES),
    help="Most tiles of 448 × 448 that a picture is cut into; more shows smaller print, and each"
    " takes a CPU one or two seconds.",
)
@click.option(
    "--position-step",
    type=PositionStep(),
    metavar="STEP",
    help="How far each visual token advances the position: 1, 1/2 … 1/256, or auto: as far as the"
    " window allows.  [default: 1]",
)
@click.option(
    "--json-schema",
    "schema_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The answer is JSON that the schema in FILE accepts. Needs shuowen[constrain].",
)
@click.option(
    "--regex",
    metavar="PATTERN",
    help="The whole answer matches PATTERN. Needs shuowen[constrain].",
)
@click.option(
    "--tools",
    "tools_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Tools that the model may call, as a JSON list.",
)
@click.option(
    "--show",
    type=Nearest(SHOW_CHOICES),
    help="Write what the answer holds, as JSON, instead of its text: boxes in pixels, tool calls or"
    r" what stands in \boxed{}. A chat shows both.",
)
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    metavar="OUT.png",
    help="Draw the boxes that the answer names on the picture.",
)
@click.option(
    "--weights",
    type=Nearest(["bf16", "int8", "int4", "float32"]),
    help="How weights are kept; int8 and int4 need less memory and are faster."
    "  [default: as in the folder]",
)
@click.option(
    "--vision-weights",
    type=Nearest(["same", "int8"]),
    help="The same for the part that sees; int8 sees faster on a CPU.  [default: same]",
)
@click.option("--device", help="Such as cpu, cuda or cuda:1.  [default: the best there is]")
@click.option("--threads", type=click.IntRange(min=1), help="Threads on a CPU.")
@click.option("--model-name", metavar="NAME", help="Which of a server's models to ask.")
@click.option(
    "--extra",
    "extra_fields",
    type=ExtraField(),
    multiple=True,
    metavar="NAME=JSON",
    help="Send a server a field that the protocol does not have; may be repeated.",
)
@click.option("--stats", "shows_stats", is_flag=True, help="Tell tokens and seconds.")
@source_options
def command(**values: Any) -> None:
    """Turns the command line into a `ChatRequest` and carries it out."""
    # Imported here, because help must not wait for decoders and networks.
    from shuowen.cli.chat_request import carry_out, chat_request_from

    carry_out(chat_request_from(values))
