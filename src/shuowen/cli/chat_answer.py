"""One answer: asked for, shown as it comes or when it stands, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from shuowen.cli.chat_screen import Screen
from shuowen.generation.engine import Engine, Request
from shuowen.generation.results import (
    BestOf,
    Candidate,
    CandidateProgress,
    Completion,
    Delta,
    PromptProgress,
    StreamEvent,
)

_MAX_LOOP_SHOWN = 60


class Presenter(Protocol):
    """Shows an answer in one of several ways."""

    def take(self, delta: Delta) -> None:
        """Hear what has just come."""

    def finish(self, completion: Completion) -> None:
        """Hear what stands."""


@dataclass
class Live:
    """Shows the first candidate's words as they come; for a terminal.

    Attributes:
        text: What stands of it so far.
    """

    screen: Screen
    text: str = ""

    def take(self, delta: Delta) -> None:
        """Show new words; what is taken back cannot be wiped off, so it is told."""
        if delta.candidate_index:
            return
        if delta.retracted:
            self.text = self.text[: -delta.retracted]
            self.screen.say(
                f"[The last {delta.retracted} characters repeat themselves and do not stand;"
                " the answer goes on before them.]"
            )
        self.text += delta.text
        self.screen.write(delta.text)

    def finish(self, completion: Completion) -> None:
        """End the line."""
        self.text = completion.text
        self.screen.end_line()


@dataclass
class Whole:
    """Writes every candidate when all is complete; several stand below their numbers."""

    screen: Screen

    def take(self, delta: Delta) -> None:
        """Wait: a loop may still be cut out of what has come."""

    def finish(self, completion: Completion) -> None:
        """Write what stands."""
        for candidate in completion.candidates:
            if len(completion.candidates) > 1:
                self.screen.write(f"==> {candidate.index + 1} <==\n")
            self.screen.write(candidate.text)
            self.screen.end_line()


@dataclass
class Asking:
    """How answers are asked for and told of.

    Attributes:
        shows_stats: Whether to tell tokens and seconds.
    """

    engine: Engine
    screen: Screen
    shows_stats: bool = False
    _told: set[str] = field(default_factory=set)

    def ask(self, request: Request, presenter: Presenter) -> Completion:
        """Ask, show, and say what a person should know; raises what the engine raises."""
        completion: Completion | None = None
        with self.screen.progress(), _cancelled_at_exit(self.engine.stream(request)) as events:
            for event in events:
                if isinstance(event, PromptProgress):
                    self.screen.show_progress(progress_line(event))
                elif isinstance(event, CandidateProgress):
                    self.screen.show_progress(candidates_line(event))
                elif isinstance(event, Delta):
                    self.screen.clear_progress()
                    presenter.take(event)
                else:
                    completion = event
        assert completion is not None, "an engine's stream ends with a completion"
        presenter.finish(completion)
        self._remark(request, completion)
        return completion

    def _remark(self, request: Request, completion: Completion) -> None:
        for notice in completion.notices:
            if notice not in self._told:  # once in a chat is enough
                self._told.add(notice)
                self.screen.say(notice)
        if completion.best_of is not None:
            self.screen.say(choice_line(completion.best_of))
        for candidate in completion.candidates:
            for sentence in _remarks(candidate, request.params.max_tokens):
                self.screen.say(sentence)
        if self.shows_stats:
            self.screen.say(stats(completion))


def progress_line(progress: PromptProgress) -> str:
    """How far the prompt is, for a person who waits."""
    line = f"reading the question: {progress.tokens_done / progress.num_tokens:.0%}"
    if progress.num_tiles:
        line = f"looking: tile {progress.tiles_seen} of {progress.num_tiles}, {line}"
    return line


def candidates_line(progress: CandidateProgress) -> str:
    """How far several answers are, for a person who waits."""
    if progress.is_judging:
        return f"choosing among {progress.num_candidates} answers"
    return (
        f"writing: answer {progress.num_finished} of {progress.num_candidates} done,"
        f" {progress.num_tokens} tokens so far"
    )


def choice_line(best_of: BestOf) -> str:
    """Which answer was chosen, and why."""
    chosen = best_of.selection
    line = f"Answer {chosen.winner + 1} of {len(best_of.candidates)} was chosen by {best_of.critic}"
    if chosen.runner_up is None:
        return f"{line}."
    return f"{line}, before answer {chosen.runner_up + 1}: {best_of.reason}."


def stats(completion: Completion) -> str:
    """Tokens and seconds of an answer, on one line."""
    usage, timings = completion.usage, completion.timings
    line = f"{usage.prompt_tokens} tokens in"
    about = [f"{usage.visual_tokens} for pictures"] if usage.visual_tokens else []
    about += [f"{usage.cached_tokens} known already"] if usage.cached_tokens else []
    if about:
        line += f" ({', '.join(about)})"
    line += f", {usage.completion_tokens} out in {timings.total:.2f} s"
    seconds = timings.total - timings.first_token
    if usage.completion_tokens > 1 and seconds > 0:
        line += f": first after {timings.first_token:.2f} s"
        line += f", then {(usage.completion_tokens - 1) / seconds:.1f} tokens/s"
    if completion.position_step != 1:
        line += f"; position step 1/{1 / completion.position_step:g}"
    return f"{line}."


def _remarks(candidate: Candidate, max_tokens: int) -> Iterator[str]:
    for loop in candidate.loops:
        run = loop.text[:_MAX_LOOP_SHOWN]
        yield f"A loop was cut out of the answer: {run!r} stood {loop.repeats} times in a row."
    if candidate.finish_reason == "length":
        yield (
            f"The answer is cut off: --max-tokens {max_tokens} is reached, or the window is full."
        )
    if candidate.finish_reason == "repetition":
        yield "The answer is cut off: it repeated itself again. Try --temperature 0.3."


@contextmanager
def _cancelled_at_exit(
    events: Iterator[StreamEvent],
) -> Iterator[Iterator[StreamEvent]]:
    """Close a stream in the end, whatever happens; that cancels its request."""
    try:
        yield events
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
