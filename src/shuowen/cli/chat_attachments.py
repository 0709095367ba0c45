"""Pictures, PDF pages and videos that go with a question, opened the way `shuowen read` does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from shuowen.config import Limits, ReadOptions
from shuowen.errors import InputError, UsageError
from shuowen.image.open import open_pages
from shuowen.image.page import Pixels
from shuowen.image.video import VideoLimits, sample_frames
from shuowen.prompt.messages import ImagePart, VideoPart
from shuowen.source.expand import expand
from shuowen.source.model import FailedSource, Source
from shuowen.source.ranges import check_ranges, parse_ranges

MAX_PAGES = 100
"""Most pages that one file adds to a question; more would not fit any window, nor memory."""


@dataclass(frozen=True, kw_only=True)
class OpenOptions:
    """How files are opened.

    Attributes:
        read: Which pages of a document, at which resolution.
        limits: What is too large.
        num_frames: Frames taken from a video, evenly spread.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    limits: Limits = field(default_factory=Limits)
    num_frames: int = 16

    def __post_init__(self) -> None:
        check_ranges(self.read.pages)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One picture or video of a question.

    Attributes:
        name: The file, and for one of several pages its number.
        part: What the model is shown.
    """

    name: str
    part: ImagePart | VideoPart = field(repr=False)

    @property
    def picture(self) -> Pixels | None:
        """The picture; None for a video."""
        return self.part.picture if isinstance(self.part, ImagePart) else None


def attach_pictures(argument: str, options: OpenOptions) -> list[Attachment]:
    """Every page that a file, folder, pattern or URL holds.

    Raises:
        UsageError: There are more than `MAX_PAGES`.
        ShuowenError: It cannot be had, or is no picture or PDF.
    """
    found: list[Attachment] = []
    for source in _sources(argument, options.limits):
        for attachment in _pages(source, options):
            if len(found) == MAX_PAGES:
                message = f"{argument} holds more than {MAX_PAGES} pages."
                raise UsageError(message, "Choose some with --pages 1-10.")
            found.append(attachment)
    return found


def attach_video(argument: str, options: OpenOptions) -> Attachment:
    """Some frames of a video file or URL.

    Raises:
        MissingExtraError: The package that decodes video is not installed.
        ShuowenError: It cannot be had, or is no video.
    """

    sources = list(_sources(argument, options.limits))
    if len(sources) != 1:
        raise InputError(f"{argument} is not one video.", "Name a single file.")
    content = sources[0].path or sources[0].data or b""
    frames = sample_frames(
        content, options.num_frames, VideoLimits(max_bytes=options.limits.max_bytes)
    )
    return Attachment(name=sources[0].name, part=VideoPart(tuple(frames)))


def _sources(argument: str, limits: Limits) -> Iterator[Source]:
    for source in expand([argument], limits):
        if isinstance(source, FailedSource):
            raise source.error
        yield source


def _pages(source: Source, options: OpenOptions) -> Iterator[Attachment]:
    with open_pages(source, options.read, options.limits) as pages:
        for index in parse_ranges(options.read.pages, pages.num_pages):
            name = source.name if pages.num_pages == 1 else f"{source.name}, page {index + 1}"
            yield Attachment(name=name, part=ImagePart(pages.load(index).pixels))
