"""The engine without a thread: requests go in, every step computes a little, events come out.

One step, in this order:

1. Waiting sequences are admitted, as far as there is room; pages that an earlier request left are
   shared, and pictures that nobody has seen yet are queued.
2. Either a few tiles go through the vision encoder or a chunk of prompts is planned; where both
   could run they take turns, so that a decode never waits for more than one of them.
3. All decodes and that chunk run as one batch.
4. The next token of every sequence that has none left is chosen.

Nothing here depends on time or threads, so equal calls give equal steps.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection, Sequence

from shuowen.engines.pytorch.admission import check_inputs, check_queue, check_room
from shuowen.engines.pytorch.batch import Batch, pack
from shuowen.engines.pytorch.events import Event, Failed, Finished, Progress
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.options import EngineOptions
from shuowen.engines.pytorch.out_of_memory import is_out_of_memory, let_go_of_memory, no_memory
from shuowen.engines.pytorch.picture_encoder import PictureEncoder, not_numbers
from shuowen.engines.pytorch.runner import Runner, Scores
from shuowen.engines.pytorch.running_request import RunningRequest, make_states
from shuowen.engines.pytorch.scheduler import Scheduler
from shuowen.engines.pytorch.sequences import Chunk, Prompt, TokenSequence
from shuowen.errors import ShuowenError, as_shuowen_error
from shuowen.generation.candidate import CandidateState, Step
from shuowen.generation.params import SamplingParams
from shuowen.generation.results import Delta
from shuowen.prompt.inputs import ModelInputs
from shuowen.prompt.tokenizer import Tokenizer

_log = logging.getLogger("shuowen")


class EngineCore:
    """Answers many requests at once; for one thread.

    Args:
        runner: The network and its cache.
        tokenizer: Spells the tokens.
        stop_ids: Tokens that end an answer.
        options: How many run and wait, and how much of a prompt runs in one step.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        runner: Runner,
        tokenizer: Tokenizer,
        stop_ids: Collection[int],
        options: EngineOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.runner = runner
        self.cache: KVCache = runner.cache
        self.scheduler = Scheduler(runner.cache, options.max_running)
        self.pictures = PictureEncoder(
            runner, options.vision_batch_tiles, options.visual_cache_bytes
        )
        self._tokenizer = tokenizer
        self._stop_ids = frozenset(stop_ids)
        self._options = options
        self._clock = clock
        self._requests: dict[int, RunningRequest] = {}
        self._num_requests = 0
        self._prefill_tokens = options.prefill_chunk_tokens
        self._saw_last = False
        self._events: list[Event] = []

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do and nothing to report."""
        return not self._requests and not self._events

    @property
    def request_ids(self) -> list[int]:
        """Requests that are neither finished nor failed."""
        return list(self._requests)

    def prepare(self, inputs: ModelInputs, params: SamplingParams) -> list[CandidateState]:
        """What `submit` would otherwise do itself; unlike it, from any thread.

        Raises:
            UsageError, MissingExtraError: The constraint is wrong, or its package is missing.
        """
        for picture in inputs.images:
            _ = picture.content_hash  # is kept
        return make_states(inputs, params, self._tokenizer, self._stop_ids)

    def submit(
        self,
        inputs: ModelInputs,
        params: SamplingParams,
        states: list[CandidateState] | None = None,
    ) -> int:
        """Take in a request; its id is in the events that come of it.

        Args:
            inputs: The prompt.
            params: How to sample.
            states: What `prepare` gave, if it was called.

        Raises:
            UsageError, MissingExtraError: As in `prepare`.
            CapacityError: It could never fit, or too many wait.
            EngineError: The prompt is not one for this model.
        """
        config = self.runner.model.config
        check_inputs(inputs, config)
        check_room(inputs.num_tokens, params.max_tokens, self.cache)
        check_queue(len(self.scheduler.waiting), self._options.max_waiting)
        states = states or self.prepare(inputs, params)
        window, size = config.language.window, self.cache.page_tokens
        prompt = Prompt(inputs, params.max_tokens, window, size)
        self._num_requests += 1
        request = RunningRequest(self._num_requests, prompt, states, self._clock())
        request.sequences[0] = TokenSequence((request.number, 0), prompt)
        self._requests[request.number] = request
        self.scheduler.enqueue(request.sequences[0])
        return request.number

    def cancel(self, request_id: int) -> None:
        """End a request with what it has; unknown and finished ones are passed over."""
        request = self._requests.get(request_id)
        if request is None:
            return
        for state in request.states:
            self._report(request, state.finish("cancelled"))
        self._complete(request)

    def step(self) -> list[Event]:
        """Compute a little; returns what came of it."""
        self._start(self.scheduler.admit())
        is_visions_turn = self.pictures.has_work and not self._saw_last
        chunks = self.scheduler.plan(0 if is_visions_turn else self._prefill_tokens)
        if self.pictures.has_work and all(chunk.num_tokens == 1 for chunk in chunks):
            is_visions_turn = True
        if is_visions_turn:
            self._see()
        self._saw_last = is_visions_turn
        self._run([chunk for chunk in chunks if chunk.sequence.is_active])
        events, self._events = self._events, []
        return events

    def _see(self) -> None:
        """Encode some tiles, and tell those who wait for pictures."""
        for number, error in dict(self.pictures.see(self._requests)).items():
            self._fail(self._requests[number], error)
        for request in self._requests.values():
            if request.num_tiles and request.started is not None:
                self._report_prompt(request)

    def _start(self, admitted: Sequence[TokenSequence]) -> None:
        for sequence in admitted:
            request = self._requests[sequence.key[0]]
            if request.started is None:
                request.started = self._clock()
            self.pictures.want(request, sequence.num_stored)

    def _run(self, chunks: Sequence[Chunk]) -> None:
        for batch, scores in self._compute(chunks):
            choosing = [chunk.sequence for chunk in batch.chunks if chunk.wants_logits]
            for chunk in batch.chunks:
                if chunk.sequence.is_active:
                    self._store(chunk)
            for row, sequence in enumerate(choosing):
                if sequence.is_active:
                    self._choose(sequence, scores, row)

    def _compute(self, chunks: Sequence[Chunk]) -> list[tuple[Batch, Scores]]:
        """Run chunks as one batch, or in parts where memory does not suffice."""
        chunks = [each for each in chunks if each.sequence.is_active]  # a half may have failed
        if not chunks:
            return []
        try:
            batch = pack(chunks, self.cache)
            return [(batch, self.runner.run(batch))]
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        return self._compute_less(chunks)

    def _compute_less(self, chunks: Sequence[Chunk]) -> list[tuple[Batch, Scores]]:
        let_go_of_memory(self.runner.device)
        self._prefill_tokens = max(1, self._prefill_tokens // 2)
        _log.warning("Memory ran out; %d prompt tokens a step from now on.", self._prefill_tokens)
        middle = len(chunks) // 2
        if middle:
            return self._compute(chunks[:middle]) + self._compute(chunks[middle:])
        chunk = chunks[0]
        if half := chunk.num_tokens // 2:
            return self._compute([Chunk(chunk.sequence, chunk.first, chunk.first + half)])
        self._fail(self._request(chunk.sequence), no_memory("for a single token"))
        return []

    def _store(self, chunk: Chunk) -> None:
        self.scheduler.store(chunk)
        prompt = chunk.sequence.prompt
        if chunk.first >= prompt.num_tokens:
            return
        request = self._request(chunk.sequence)
        if not request.needs_pictures:
            prompt.forget_pictures()
        if not chunk.wants_logits:
            self._report_prompt(request)

    def _choose(self, sequence: TokenSequence, scores: Scores, row: int) -> None:
        """Choose the next token of a sequence; at the first, of all candidates."""
        request = self._request(sequence)
        if not math.isfinite(scores.largest[row]):
            self.cache.poison(sequence.table)
            self._fail(request, not_numbers("model"))
            return
        choosing = [sequence]
        if request.first_token is None:
            self._split(request, sequence)
            choosing = list(request.sequences.values())
        try:
            for each in choosing:
                self._follow(request, each, scores.advance(row, request.states[each.key[1]]))
        except Exception as error:  # even a bug that one request shows costs it alone
            self._fail(request, as_shuowen_error(error, "choosing a token"))

    def _split(self, request: RunningRequest, trunk: TokenSequence) -> None:
        """Give every candidate a sequence: it shares the prompt's pages, or waits without any."""
        request.first_token = self._clock()
        request.cached_tokens = trunk.num_adopted
        for index in range(1, len(request.states)):
            table = None
            if self.scheduler.has_slot:
                table = self.cache.fork(trunk.table, trunk.num_stored)
            sequence = TokenSequence(
                (request.number, index), request.prompt, digests=list(trunk.digests)
            )
            request.sequences[index] = sequence
            if table is None:
                self.scheduler.enqueue(sequence)
            else:
                sequence.table, sequence.num_stored = table, trunk.num_stored
                self.scheduler.activate(sequence)

    def _follow(self, request: RunningRequest, sequence: TokenSequence, step: Step) -> None:
        """Do what came of a candidate's logits."""
        index = sequence.key[1]
        self._report(request, step.delta)
        if request.states[index].finished:
            self.scheduler.remove(request.sequences.pop(index))
            if request.is_finished:
                self._complete(request)
        elif step.token_id is None:
            self._rewind(sequence, step.cut_to or 0)
        else:
            sequence.generated.append(step.token_id)

    def _rewind(self, sequence: TokenSequence, num_generated: int) -> None:
        """A loop was cut: the last token that stands is run once more."""
        sequence.cut(num_generated)
        if not sequence.is_active:
            return
        self.cache.truncate(sequence.table, sequence.num_stored)
        is_inside = sequence.num_stored % self.cache.page_tokens > 0
        if is_inside and not self.cache.make_writable(sequence.table, sequence.num_stored):
            self.scheduler.preempt(sequence)

    def _report_prompt(self, request: RunningRequest) -> None:
        """How far the prompt is, while there is nothing else to tell."""
        if request.first_token is None:
            progress = request.progress(self.pictures.num_left(request.number))
            self._events.append(Progress(request.number, progress))

    def _report(self, request: RunningRequest, delta: Delta | None) -> None:
        if delta is not None:
            self._events.append(Progress(request.number, delta))

    def _complete(self, request: RunningRequest) -> None:
        self._remove(request)
        self._events.append(Finished(request.number, request.completion(self._clock())))

    def _fail(self, request: RunningRequest, error: ShuowenError) -> None:
        self._remove(request)
        self._events.append(Failed(request.number, error))

    def _remove(self, request: RunningRequest) -> None:
        for sequence in request.sequences.values():
            self.scheduler.remove(sequence)
        request.sequences.clear()
        self.pictures.leave(request.number)
        del self._requests[request.number]

    def _request(self, sequence: TokenSequence) -> RunningRequest:
        return self._requests[sequence.key[0]]
