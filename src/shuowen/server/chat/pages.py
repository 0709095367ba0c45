"""From a question's files to pictures and frames that a language model is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from shuowen.config import Limits, ReadOptions
from shuowen.errors import FieldError, InputError
from shuowen.image.open import open_pages
from shuowen.image.page import Pixels
from shuowen.image.video import VideoLimits, sample_frames
from shuowen.prompt.messages import ImagePart, Message, Part, TextPart, VideoPart
from shuowen.server.chat.media import blamed
from shuowen.server.chat.model import ChatFile, ChatMessage, ChatQuestion, ChatText, ChatVideo
from shuowen.source.stop import Stop

_DRAWN = ReadOptions(text_layer="never")
"""A language model sees pages as pictures; their text layers are not read."""


@dataclass
class PictureOpener:
    """Opens the files of one question, and counts their pages and pixels.

    Attributes:
        limits: Of a single picture or page.
        max_pages: Most pages of all files together.
        max_pixels: Most pixels of all pages together.
        stop: Ends the work between two pages.
        tells_tiles: Whether the model is told how many tiles a picture may have.
    """

    limits: Limits
    max_pages: int
    max_pixels: int
    stop: Stop
    tells_tiles: bool = True
    _num_pages: int = field(default=0, init=False)

    def messages(self, question: ChatQuestion) -> tuple[Message, ...]:
        """What a model is given of a question.

        Raises:
            FieldError: The files have more pages than `max_pages`.
            InputError: A picture or page is damaged, encrypted, or larger than the limits.
            ShuowenError: Whatever else opening raises; every error names the field.
        """
        return tuple(self._message(each) for each in question.messages)

    def _message(self, message: ChatMessage) -> Message:
        parts = tuple(part for each in message.parts for part in self._parts(each))
        return Message(message.role, parts, message.tool_calls, message.tool_call_id)

    def _parts(self, part: ChatText | ChatFile | ChatVideo) -> Iterator[Part]:
        if isinstance(part, ChatText):
            yield TextPart(part.text)
            return
        with blamed(part.param):
            if isinstance(part, ChatVideo):
                yield self._video(part)
            else:
                tiles = part.max_tiles if self.tells_tiles else None
                for pixels in self._pages(part):
                    yield ImagePart(pixels, tiles)

    def _video(self, video: ChatVideo) -> VideoPart:
        limits = VideoLimits(max_bytes=self.limits.max_bytes)
        frames = tuple(sample_frames(video.content, video.num_frames, limits))
        for frame in frames:
            self._spend(frame, video.param)
        return VideoPart(frames)

    def _pages(self, file: ChatFile) -> Iterator[Pixels]:
        with open_pages(file.source, _DRAWN, self.limits) as pages:
            self._num_pages += pages.num_pages
            if self._num_pages > self.max_pages:
                raise FieldError(
                    f"With {file.source.name} the files have {self._num_pages} pages; a chat may"
                    f" have {self.max_pages}.",
                    "Send fewer pages, or hand the document in at POST /v1/documents.",
                    param=file.param,
                )
            for index in range(pages.num_pages):
                if self.stop.is_set:
                    raise InputError("The request was broken off.")
                pixels = pages.load(index).pixels
                self._spend(pixels, file.source.name)
                yield pixels

    def _spend(self, pixels: Pixels, name: str) -> None:
        self.max_pixels -= pixels.shape[0] * pixels.shape[1]
        if self.max_pixels < 0:
            raise InputError(
                f"With {name} the pictures have more pixels than a request may have.",
                "Send fewer or smaller pictures.",
            )
