"""A few frames of a video, evenly spread, as upright pictures. Needs the extra "video" (PyAV)."""

from __future__ import annotations

import io
import math
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from shuowen.errors import InputError, MissingExtraError, UsageError
from shuowen.image.page import Pixels

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_FRAMES = 512

# Kinds of file that hold their pictures themselves. Playlists are not among them: one could make
# the decoder open other files and addresses.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "avi",
    "mpegts",
    "mpeg",
    "flv",
    "asf",
    "ogg",
    "gif",
)
# Of these, the ones in which a jump to a key frame lands on it exactly.
_EXACT = frozenset(_CONTAINERS[:2])
_CHECK = "Check that it plays, or convert it to MP4."


@dataclass(frozen=True, kw_only=True)
class VideoLimits:
    """How much an untrusted video may cost before it is refused."""

    max_bytes: int = 2 * 1024**3
    """Largest file, in bytes."""
    max_pixels: int = 40_000_000
    """Largest frame, width times height in pixels; 8K television has 33 million."""
    max_seconds: float = 4 * 3600.0
    """Longest video, in seconds of playing."""
    decode_seconds: float = 120.0
    """Longest time for finding and decoding the frames, in seconds."""


def middle_frames(num_frames: int, num_in_video: int) -> list[int]:
    """Which frames to take: the middle one of each of `num_frames` equal intervals.

    OpenGVLab/InternVL, internvl/train/dataset.py, `get_frame_indices` with sample="middle", except
    that a shorter video gives its frames once, where upstream repeats the last to fill a batch.

    Args:
        num_frames: How many are wanted, at least 1.
        num_in_video: How many there are, at least 1.

    Returns:
        Indices from 0, ascending.
    """
    edges = np.linspace(0, num_in_video, min(num_frames, num_in_video) + 1).astype(int)
    return [int(low + high - 1) // 2 for low, high in zip(edges, edges[1:], strict=False)]


def sample_frames(
    video: Path | bytes, num_frames: int, limits: VideoLimits | None = None
) -> list[Pixels]:
    """Decode evenly spread frames of a video.

    Args:
        video: A file, or its content: MP4, MOV, WebM, Matroska, AVI, MPEG, FLV, ASF, Ogg, GIF.
        num_frames: How many, 1 to `MAX_FRAMES`; a shorter video gives all that it has.
        limits: What it may cost.

    Returns:
        Pictures (height, width, 3), RGB, upright, in the order of time.

    Raises:
        UsageError: `num_frames` is out of range.
        InputError: It is no video, damaged, or larger, longer or slower than the limits.
        MissingExtraError: The extra "video" is not installed.
    """
    if not 1 <= num_frames <= MAX_FRAMES:
        raise UsageError(f"num_frames is {num_frames}.", f"Choose 1 to {MAX_FRAMES}.")
    limits = limits or VideoLimits()
    name = str(video) if isinstance(video, Path) else "The video"
    clock = _Clock(name, limits.decode_seconds)
    with _content(video, name, limits) as stream:
        with _open(stream, name) as container:
            packets = _packets(container, _track(container, name, limits), name, clock)
        wanted = middle_frames(num_frames, len(packets))
        # Opened anew, for not every kind of file can be wound back to its very first frame.
        with _open(stream, name) as container, _explained(name):
            track = _track(container, name, limits)
            frames = list(_decoded(container, track, packets, wanted, clock))
    if not frames:
        raise InputError(f"{name} has no picture that can be decoded.", _CHECK)
    return frames


class _Clock:
    """Ends work that takes too long."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name, self._seconds = name, seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self._end:
            raise InputError(
                f"{self._name} takes longer than {self._seconds:g} seconds to decode.",
                "Shorten it, make it smaller, or raise decode_seconds.",
            )


@dataclass(frozen=True)
class _Packet:
    """One coded frame: when it is shown (None where the file does not say), and whether decoding
    can begin with it."""

    pts: int | None
    is_key: bool


@contextmanager
def _content(video: Path | bytes, name: str, limits: VideoLimits) -> Iterator[BinaryIO]:
    try:
        stream: BinaryIO = io.BytesIO(video) if isinstance(video, bytes) else video.open("rb")
    except OSError as error:
        raise InputError(
            f"{name} cannot be opened: {error.strerror}.", "Check the path."
        ) from error
    with stream:
        num_bytes = stream.seek(0, io.SEEK_END)
        if num_bytes > limits.max_bytes:
            message = f"{name} has {num_bytes} bytes, more than {limits.max_bytes}."
            raise InputError(message, "If you trust it, raise max_bytes.")
        yield stream


@contextmanager
def _open(stream: BinaryIO, name: str) -> Iterator[InputContainer]:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(
            "Reading videos needs the package av.", "Run: pip install 'shuowen[video]'"
        ) from error
    stream.seek(0)
    with _explained(name):
        options = {"format_whitelist": ",".join(_CONTAINERS), "protocol_whitelist": "none"}
        container = av.open(stream, mode="r", options=options)
    with container:
        yield container


@contextmanager
def _explained(name: str) -> Iterator[None]:
    import av

    try:
        yield
    except (av.FFmpegError, EOFError, ValueError, OSError) as error:
        raise InputError(f"{name} cannot be decoded as a video.", _CHECK) from error


def _track(container: InputContainer, name: str, limits: VideoLimits) -> VideoStream:
    """The video's main track, once it is known to keep within the limits."""
    if not container.streams.video:
        raise InputError(f"{name} holds no pictures.", "Give a video.")
    track = container.streams.video[0]
    coder = track.codec_context
    if coder.width * coder.height > limits.max_pixels:
        message = f"{name} has frames of {coder.width} × {coder.height} pixels."
        raise InputError(message, "Make it smaller; if you trust it, raise max_pixels.")
    seconds = (container.duration or 0) / 1_000_000  # av.time_base
    if seconds > limits.max_seconds:
        message = f"{name} plays {seconds:.0f} seconds, longer than {limits.max_seconds:g}."
        raise InputError(message, "Cut out what matters; if you trust it, raise max_seconds.")
    coder.options = {"max_pixels": str(limits.max_pixels)}  # for frames that grow on the way
    track.thread_type = "AUTO"
    return track


def _packets(
    container: InputContainer, track: VideoStream, name: str, clock: _Clock
) -> list[_Packet]:
    """All coded frames in the order in which they are shown, found without decoding."""
    packets = []
    with _explained(name):
        for packet in container.demux(track):
            clock.check()
            if packet.size and not packet.is_discard:
                packets.append(_Packet(packet.pts, packet.is_keyframe))
    if not packets:
        raise InputError(f"{name} has no frames.", _CHECK)
    if _has_times(packets):
        packets.sort(key=lambda packet: packet.pts or 0)
    return packets


def _has_times(packets: Sequence[_Packet]) -> bool:
    times = {packet.pts for packet in packets}
    return None not in times and len(times) == len(packets)


def _decoded(
    container: InputContainer,
    track: VideoStream,
    packets: Sequence[_Packet],
    wanted: Sequence[int],
    clock: _Clock,
) -> Iterator[Pixels]:
    find: Callable[..., Iterator[VideoFrame]] = _by_time if _has_times(packets) else _by_count
    for frame in find(container, track, packets, wanted, clock):
        yield _upright(frame)


def _by_time(
    container: InputContainer,
    track: VideoStream,
    packets: Sequence[_Packet],
    wanted: Sequence[int],
    clock: _Clock,
) -> Iterator[VideoFrame]:
    """Decode up to each wanted frame, from the last key frame before it where jumps are exact."""
    keys = [packet.pts or 0 for packet in packets if packet.is_key]
    decoder = iter(container.decode(track))
    reached = keys[0] if keys and container.format.name in _EXACT else math.inf
    for index in wanted:
        target = packets[index].pts or 0
        before = bisect_right(keys, target)
        if before and keys[before - 1] > reached:
            container.seek(keys[before - 1], stream=track)
            decoder = iter(container.decode(track))
        for frame in decoder:
            clock.check()
            if frame.pts is not None and frame.pts >= target:
                reached = max(reached, frame.pts)
                yield frame
                break


def _by_count(
    container: InputContainer,
    track: VideoStream,
    packets: Sequence[_Packet],
    wanted: Sequence[int],
    clock: _Clock,
) -> Iterator[VideoFrame]:
    """Decode everything up to the last wanted frame, for the file does not say when each is due."""
    left = set(wanted)
    for index, frame in enumerate(container.decode(track)):
        clock.check()
        if index in left:
            yield frame
        if index >= wanted[-1]:
            return


def _upright(frame: VideoFrame) -> Pixels:
    """RGB, turned as the file says (cameras store pictures lying down)."""
    pixels: Any = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
