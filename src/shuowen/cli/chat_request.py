"""What `shuowen chat` was asked for, and carrying it out: one answer, or a chat."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from shuowen.cli.chat_answer import Asking, Live, Presenter, Whole
from shuowen.cli.chat_attachments import Attachment, OpenOptions, attach_pictures, attach_video
from shuowen.cli.chat_findings import Findings, draw_grounding, grounding_of
from shuowen.cli.chat_loop import Chat, ReadLine, terminal_line
from shuowen.cli.chat_options import (
    constraint_from,
    critic_from,
    prompt_from_stdin,
    sampling_from,
    tools_from,
)
from shuowen.cli.chat_screen import Screen
from shuowen.cli.chat_transcript import write_file
from shuowen.cli.console import printable
from shuowen.cli.models_download import bring_missing
from shuowen.cli.source_options import limits_from, read_options_from
from shuowen.engines.load import is_url, load_model
from shuowen.errors import EXIT_PARTIAL, UsageError
from shuowen.generation.engine import Engine, Request
from shuowen.generation.results import Completion
from shuowen.image.page import Pixels
from shuowen.prompt.messages import Message
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.tasks import TASK_TILES
from shuowen.source.expand import STDIN

_ENGINE_OPTIONS = ("weights", "vision_weights", "device", "threads", "critic")


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """All that the command line asks for.

    Attributes:
        model: Folder, name on a hub, or URL.
        prompt: The one question; "-" for standard input; None for a chat, or in a pipe.
        request: What every question has in common; its messages begin the chat.
        images: Pictures that the first question shows, as they were typed.
        videos: Videos that it shows.
        opening: How files are opened.
        show: What to write instead of the text; None for the text.
        overlay: Where to draw boxes.
        engine_options: Handed to `load_model`.
        shows_stats: Whether to tell tokens and seconds.
    """

    model: str
    prompt: str | None
    request: Request
    images: tuple[str, ...]
    videos: tuple[str, ...]
    opening: OpenOptions
    show: str | None
    overlay: Path | None
    engine_options: Mapping[str, Any] = field(default_factory=dict)
    shows_stats: bool = False


def chat_request_from(values: Mapping[str, Any]) -> ChatRequest:
    """From option values to records; reads the files that hold a schema or tools.

    Raises:
        UsageError: Options exclude each other, or are out of range.
        InputError: A file cannot be read.
    """
    system = Message.of("system", values["system"]) if values["system"] else None
    constraint = constraint_from(values["schema_file"], values["regex"])
    critic, critic_model = critic_from(values)
    return ChatRequest(
        model=values["model"],
        prompt=values["prompt"],
        request=Request(
            messages=(system,) if system else (),
            params=sampling_from({**values, "critic": critic}, constraint),
            encode=_encode_options(values),
            tools=tools_from(values["tools_file"]),
        ),
        images=values["images"],
        videos=values["videos"],
        opening=OpenOptions(
            read=read_options_from(values),
            limits=limits_from(values),
            num_frames=values["num_frames"],
        ),
        show=values["show"],
        overlay=values["overlay"],
        engine_options=_engine_options({**values, "critic": critic_model}),
        shows_stats=values["shows_stats"],
    )


def carry_out(asked: ChatRequest, *, read_line: ReadLine = terminal_line) -> None:
    """Answer the one question, or chat.

    Args:
        asked: What was asked for.
        read_line: Asks the person for a line of the chat.

    Raises:
        UsageError: The request makes no sense as a whole.
        ShuowenError: Whatever else stands in the way of an answer.
    """
    prompt = _prompt(asked)
    screen = Screen()
    _check_overlay(asked.overlay)
    if prompt is None:
        _check_chat(asked, screen)
    shown = list(_attachments(asked))
    picture = _only_picture(asked, shown) if prompt is not None else None
    with closing(_opened(asked)) as engine:
        asking = Asking(engine, screen, asked.shows_stats)
        if prompt is None:
            _chat(asked, asking, shown, read_line)
        else:
            _answer(
                asked, asking, Message.of("user", *(each.part for each in shown), prompt), picture
            )


def _prompt(asked: ChatRequest) -> str | None:
    """The one question; None when a chat is wanted."""
    is_piped = not sys.stdin.isatty()
    if asked.prompt == STDIN or (asked.prompt is None and is_piped):
        if STDIN in (*asked.images, *asked.videos):
            raise UsageError(
                "Standard input cannot be both the question and a picture.", "Add a PROMPT."
            )
        return prompt_from_stdin()
    if asked.prompt is not None and not asked.prompt.strip():
        raise UsageError("The PROMPT is empty.", "Ask something.")
    return asked.prompt


def _check_chat(asked: ChatRequest, screen: Screen) -> None:
    """Raise `UsageError` where a chat cannot do what is asked."""
    if not screen.is_terminal:
        raise UsageError("A chat needs a terminal to answer on.", "Add a PROMPT.")
    if asked.overlay is not None:
        raise UsageError("--overlay is for one question.", "Add a PROMPT.")
    if asked.request.params.num_candidates > 1:
        raise UsageError("--n is for one question.", "Add a PROMPT.")


def _check_overlay(path: Path | None) -> None:
    """Raise `UsageError` for a picture that could not be written, before the minutes of asking."""
    if path is not None and path.suffix.lower() != ".png":
        raise UsageError(f"--overlay {path} is no PNG file.", "Give it a name that ends in .png.")
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(f"The folder of --overlay {path} does not exist.", "Create it first.")


def _attachments(asked: ChatRequest) -> Iterator[Attachment]:
    for image in asked.images:
        yield from attach_pictures(image, asked.opening)
    for video in asked.videos:
        yield attach_video(video, asked.opening)


def _only_picture(asked: ChatRequest, shown: Sequence[Attachment]) -> Pixels | None:
    """The picture that boxes are measured on; raises `UsageError` when it is not clear which."""
    if asked.overlay is None and asked.show != "boxes":
        return None
    pictures = [each.picture for each in shown if each.picture is not None]
    if len(pictures) != 1:
        option = "--overlay" if asked.overlay else "--show boxes"
        raise UsageError(f"{option} needs one picture, not {len(pictures)}.", "Show one --image.")
    return pictures[0]


def _opened(asked: ChatRequest) -> Engine:
    if is_url(asked.model):
        return load_model(asked.model, **asked.engine_options)
    for name in filter(None, (asked.model, asked.engine_options.get("critic"))):
        bring_missing(name)
    if sys.stderr.isatty():
        click.echo(f"Loading {printable(asked.model)} …", err=True)
    return load_model(asked.model, **asked.engine_options)


def _answer(asked: ChatRequest, asking: Asking, question: Message, picture: Pixels | None) -> None:
    messages = (*asked.request.messages, question)
    presenter = _presenter(asked, asking.screen, picture)
    try:
        completion = asking.ask(replace(asked.request, messages=messages), presenter)
    except BaseException:
        asking.screen.end_line()
        raise
    if asked.overlay is not None and picture is not None:
        _save_overlay(asked.overlay, completion.text, picture, asking.screen)
    if asked.request.params.constraint and _is_cut_off(completion):
        raise click.exceptions.Exit(EXIT_PARTIAL)  # what is not whole has not the form


def _is_cut_off(completion: Completion) -> bool:
    return any(each.finish_reason != "stop" for each in completion.candidates)


def _presenter(asked: ChatRequest, screen: Screen, picture: Pixels | None) -> Presenter:
    if asked.show is not None:
        return Findings(screen, asked.show, picture)
    is_live = screen.is_terminal and asked.request.params.num_candidates == 1
    return Live(screen) if is_live else Whole(screen)


def _save_overlay(path: Path, text: str, picture: Pixels, screen: Screen) -> None:
    found = grounding_of(text, picture)
    if not found.boxes and not found.points:
        screen.say(f"The answer holds no box, so {path} is not written.")
        return
    write_file(path, draw_grounding(found, picture))
    screen.say(f"Wrote {path}.")


def _chat(asked: ChatRequest, asking: Asking, shown: list[Attachment], read_line: ReadLine) -> None:
    def show(completion: Completion, picture: Pixels | None) -> None:
        if asked.show is not None:
            Findings(asking.screen, asked.show, picture).finish(completion)

    chat = Chat(asking=asking, request=asked.request, opening=asked.opening, after_answer=show)
    chat.attach(shown)
    chat.run(read_line)


def _encode_options(values: Mapping[str, Any]) -> EncodeOptions:
    """Tiles and position step; a task stands for its number of tiles."""
    max_tiles, task = values["max_tiles"], values["task"]
    if task is not None and max_tiles is not None:
        raise UsageError("--task and --max-tiles exclude each other.", "Choose one.")
    if task is not None and is_url(values["model"]):
        raise UsageError(
            "--task says how to cut pictures, which a server does itself.", "Leave it out."
        )
    if task is not None:
        max_tiles = TASK_TILES[task]
    step = values["position_step"]
    return EncodeOptions(max_tiles=max_tiles, position_step=1.0 if step is None else step)


def _engine_options(values: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: values[name] for name in _ENGINE_OPTIONS if values[name] is not None}
    if values["model_name"] is not None:
        options["model"] = values["model_name"]
    if values["extra_fields"]:
        options["extra_fields"] = dict(values["extra_fields"])
    return options
