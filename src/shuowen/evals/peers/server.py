"""A model behind an OpenAI-compatible server, as an engine to be scored."""

from __future__ import annotations

import hashlib
import re

from shuowen.engines.remote import RemoteEngine
from shuowen.engines.remote_options import RemoteOptions
from shuowen.errors import EngineError
from shuowen.evals.datasets import Item
from shuowen.evals.peers.markdown_tables import with_html_tables
from shuowen.evals.peers.pictures import page_pixels
from shuowen.evals.reading import Reading
from shuowen.generation.engine import Request
from shuowen.generation.params import ALL_ROOM, SamplingParams
from shuowen.prompt.messages import ImagePart, Message, Picture

TRANSCRIBE = (
    "Write out all text in this picture exactly as it stands, in reading order. Write tables as"
    " HTML with <table>, <tr> and <td>, with rowspan and colspan where cells span, and formulas as"
    " LaTeX. Add nothing of your own."
)
"""What a page is asked with; the digest of these words is part of the engine's identity."""

_FENCE = re.compile(r"\s*```[a-z]*\n(.*?)\n?```\s*", re.DOTALL)


class ServerEngine:
    """Asks a model on a server for the text of each page, or for the answer to a question."""

    answers_questions = True

    def __init__(self, name: str, url: str, model: str, *, timeout: float) -> None:
        """Takes the server's address and the model's name; nothing is sent yet.

        The key is what SHUOWEN_API_KEY holds. With an empty `model` the server must have just one.
        `timeout` is the longest time for each answer, in seconds.

        Raises:
            UsageError: The address is none.
        """
        self.name = name
        self._engine = RemoteEngine(
            url, RemoteOptions(model=model, idle_seconds=timeout, total_seconds=timeout)
        )

    @property
    def identity(self) -> str:
        """Address, model and a digest of the prompt; asks the server when no model was named."""
        digest = hashlib.sha256(TRANSCRIBE.encode()).hexdigest()[:8]
        return f"{self._engine.address} {self._engine.model_name} {digest}"

    def read(self, item: Item) -> Reading:
        """Ask about the item's file: page by page for its text, all pages at once for an answer.

        Raises:
            ShuowenError: The file cannot be read, or the server refuses or breaks off.
        """
        pages = page_pixels(item.path)
        if item.question:
            shown = list(pages)
            return Reading(text=self._ask(item.question, shown), num_pages=len(shown))
        answers = [_unfenced(self._ask(TRANSCRIBE, [page])) for page in pages]
        text = "\n".join(answers)
        return Reading(text=text, html=with_html_tables(text), num_pages=len(answers))

    def close(self) -> None:
        """Break off what runs."""
        self._engine.close()

    def _ask(self, words: str, pictures: list[Picture]) -> str:
        parts = [ImagePart(picture) for picture in pictures]
        message = Message.of("user", *parts, words)
        params = SamplingParams(max_tokens=ALL_ROOM)
        completion = self._engine.generate(Request(messages=(message,), params=params))
        candidate = completion.candidates[0]
        if candidate.refusal:
            raise EngineError(f"{self.name} refused: {candidate.refusal}")
        return candidate.text


def _unfenced(answer: str) -> str:
    """An answer that is one fenced block as a whole is what stands in the block."""
    match = _FENCE.fullmatch(answer)
    return match[1] if match else answer
