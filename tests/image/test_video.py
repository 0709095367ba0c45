"""Frames of videos that the tests encode themselves."""

from __future__ import annotations

import builtins
import io
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import InputError, MissingExtraError, UsageError
from shuowen.image.video import MAX_FRAMES, VideoLimits, middle_frames, sample_frames

av = pytest.importorskip("av")

NUM_FRAMES = 20
WIDTH, HEIGHT = 96, 64
MAKERS = [
    ("mp4", "mpeg4", {}),
    ("mp4", "libx264", {"g": "6", "bf": "2"}),
    ("matroska", "libvpx", {"g": "5"}),
    ("avi", "mpeg4", {"bf": "2"}),
    ("avi", "mpeg4", {}),
    ("mpegts", "mpeg2video", {}),
]


def made_video(
    container: str = "mp4",
    codec: str = "mpeg4",
    options: dict[str, str] | None = None,
    *,
    num_frames: int = NUM_FRAMES,
    rotation: int = 0,
) -> bytes:
    """A video whose frame n has the grey 12·n, with a white corner at the top left."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=container) as out:
        track = out.add_stream(codec, rate=Fraction(10), options=options or {})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        track.bit_rate = 2_000_000
        if rotation:
            track.set_display_rotation(rotation)
        for index in range(num_frames):
            pixels = np.full((HEIGHT, WIDTH, 3), 12 * index, np.uint8)
            pixels[:16, :16] = 255
            out.mux(track.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(track.encode())
    return stream.getvalue()


def shown_indices(frames: list[Any]) -> list[int]:
    return [round(float(frame[24:40, 40:56].mean()) / 12) for frame in frames]


@given(st.integers(1, 70), st.integers(1, 2000))
def test_frames_are_the_middle_ones_of_equal_intervals(num_frames: int, in_video: int) -> None:
    chosen = middle_frames(num_frames, in_video)
    assert len(chosen) == min(num_frames, in_video)
    assert chosen == sorted(set(chosen))
    edges = [int(each) for each in np.linspace(0, in_video, len(chosen) + 1)]
    for index, (low, high) in enumerate(zip(edges, edges[1:], strict=False)):
        assert chosen[index] == (low + high - 1) // 2


def test_known_numbers_of_frames_give_known_indices() -> None:
    assert middle_frames(8, 32) == [1, 5, 9, 13, 17, 21, 25, 29]
    assert middle_frames(1, 100) == [49]
    assert middle_frames(8, 3) == [0, 1, 2]


@pytest.mark.parametrize(("container", "codec", "options"), MAKERS)
@pytest.mark.parametrize("num_frames", [1, 4, NUM_FRAMES])
def test_the_right_frames_are_decoded_whatever_the_container(
    container: str, codec: str, options: dict[str, str], num_frames: int
) -> None:
    frames = sample_frames(made_video(container, codec, options), num_frames)
    assert {frame.shape for frame in frames} == {(HEIGHT, WIDTH, 3)}
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    assert shown_indices(frames) == middle_frames(num_frames, NUM_FRAMES)


def test_a_file_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(made_video())
    for one, other in zip(sample_frames(path, 4), sample_frames(path.read_bytes(), 4), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_short_video_gives_all_its_frames_once() -> None:
    assert shown_indices(sample_frames(made_video(num_frames=3), 8)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("rotation", "row", "column"), [(0, 0, 0), (90, -1, 0), (180, -1, -1), (-90, 0, -1)]
)
def test_frames_are_upright(rotation: int, row: int, column: int) -> None:
    """A corner at the top left, turned counter-clockwise by 90°, is at the bottom left."""
    (frame,) = sample_frames(made_video(num_frames=1, rotation=rotation), 1)
    assert frame.shape[:2] == ((HEIGHT, WIDTH) if rotation in (0, 180) else (WIDTH, HEIGHT))
    corners = frame[np.ix_([4, -5], [4, -5])].mean(axis=2)
    assert np.unravel_index(corners.argmax(), (2, 2)) == (row % 2, column % 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a video",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
)
def test_what_is_no_video_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="cannot be decoded") as caught:
        sample_frames(content, 2)
    assert caught.value.hint


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    clip = tmp_path / "clip.ts"
    clip.write_bytes(made_video("mpegts", "mpeg2video"))
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n", "utf-8"
    )
    assert len(sample_frames(clip, 2)) == 2
    with pytest.raises(InputError):
        sample_frames(playlist, 2)


def test_sound_alone_is_no_video() -> None:
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as out:
        track = out.add_stream("aac", rate=16_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.float32), "fltp", "mono")
        frame.sample_rate = 16_000
        out.mux(track.encode(frame))
        out.mux(track.encode())
    with pytest.raises(InputError, match="no pictures"):
        sample_frames(stream.getvalue(), 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_video_gives_frames_or_an_input_error(seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(made_video("mp4", "libx264", {"g": "6"}))
    for _ in range(chance.choice((3, 30, 300))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        frames = sample_frames(bytes(content[: chance.choice((None, -1500))]), 4)
    except InputError as error:
        assert error.hint
    else:
        assert 1 <= len(frames) <= 4


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing.mp4"):
        sample_frames(tmp_path / "nothing.mp4", 1)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (VideoLimits(max_bytes=100), "bytes"),
        (VideoLimits(max_pixels=WIDTH * HEIGHT - 1), "96 × 64"),
        (VideoLimits(max_seconds=1.5), "plays 2 seconds"),
        (VideoLimits(decode_seconds=0.0), "takes longer"),
    ],
)
def test_every_limit_refuses_what_is_beyond_it(limits: VideoLimits, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        sample_frames(made_video(), 2, limits)
    assert caught.value.hint


@pytest.mark.parametrize("number", [0, -1, MAX_FRAMES + 1])
def test_a_senseless_number_of_frames_is_refused(number: int) -> None:
    with pytest.raises(UsageError, match=str(number)):
        sample_frames(b"", number)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_av(name: str, *rest: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_av)
    with pytest.raises(MissingExtraError) as caught:
        sample_frames(b"x", 1)
    assert "shuowen[video]" in caught.value.hint
