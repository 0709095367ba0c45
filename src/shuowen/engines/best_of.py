"""An engine in front of another one: writes several answers, and gives the best.

Whatever the engine behind it is, it is asked twice: for the answer of the likeliest tokens, and, as
soon as that has begun, for all drawn ones at once, which find the prompt in the prefix cache. What
comes is held back until a jury has chosen; until then the stream tells how far it is. Requests for
one answer go through as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shuowen.engines.best_of_stream import BestOfStream, Plan
from shuowen.engines.remote import RemoteEngine
from shuowen.errors import UsageError
from shuowen.generation.engine import Engine, Request
from shuowen.generation.juries import JURIES, JuryMaker
from shuowen.generation.params import DEFAULT_CRITIC
from shuowen.generation.results import Completion, StreamEvent
from shuowen.generation.sampling_plan import sampling_plan

PRM, ORM = "prm", "orm"
_VOTE = "vote"


@dataclass(frozen=True, kw_only=True)
class Juries:
    """The juries that an engine has besides those of `generation.juries`.

    Attributes:
        makers: By name.
        default: Which one "auto" is.
        close: Lets go of what they hold.
    """

    makers: Mapping[str, JuryMaker] = field(default_factory=dict)
    default: str = _VOTE
    close: Callable[[], None] = lambda: None


class BestOfEngine:
    """See `generation.engine.Engine`; `SamplingParams.best_of` says how many answers are written.

    Args:
        engine: Writes them; closed with this one.
        juries: Critics that are networks, and others of one's own.
    """

    def __init__(self, engine: Engine, juries: Juries | None = None) -> None:
        self.inner = engine
        """The engine that writes."""
        self._juries = juries or Juries()
        self._makers = MappingProxyType({**JURIES, **self._juries.makers})

    @property
    def model_name(self) -> str:
        """What people call the model."""
        return self.inner.model_name

    @property
    def critics(self) -> tuple[str, ...]:
        """What `SamplingParams.critic` may be, besides "auto"."""
        return tuple(self._makers)

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        """See `Engine.stream`; with `best_of` the winner's text comes as one delta.

        Raises:
            UsageError: There is no such critic; or what the engine behind it says.
        """
        params = request.params
        if params.best_of == 1 or _knows_best_of(self.inner):
            return self.inner.stream(request)
        name = self._juries.default if params.critic == DEFAULT_CRITIC else params.critic
        jury = self._maker(name)(request)
        # A server that tells no likelihoods may refuse to be asked, which a tie is not worth.
        spared = ("nothing", "ties") if isinstance(self.inner, RemoteEngine) else ("nothing",)
        plans = sampling_plan(params, needs_logprobs=jury.likelihoods not in spared)
        plan = Plan(engine=self.inner, request=request, params=tuple(plans), jury=jury, critic=name)
        return BestOfStream(plan)

    def generate(self, request: Request) -> Completion:
        """The whole answer at once; raises what `stream` raises."""
        if request.params.best_of == 1:
            return self.inner.generate(request)
        *_, last = self.stream(request)
        assert isinstance(last, Completion)
        return last

    def close(self) -> None:
        """Let go of the engine and the critics; a second call does nothing."""
        self.inner.close()
        self._juries.close()

    def _maker(self, name: str) -> JuryMaker:
        if name in self._makers:
            return self._makers[name]
        if name in (PRM, ORM):
            message = f"The critic {name!r} is a model, and this engine was given none."
            hint = "Choose another, such as vote, or load one beside the model (--critic FOLDER)."
            raise UsageError(message, hint)
        message = f"There is no critic {name[:60]!r}."
        raise UsageError(message, f"There are: auto, {', '.join(self._makers)}.")


def with_best_of(engine: Engine) -> BestOfEngine:
    """The engine itself where it can give the best of several answers, else one in front of it."""
    return engine if isinstance(engine, BestOfEngine) else BestOfEngine(engine)


def innermost(engine: Engine) -> Engine:
    """The engine that writes."""
    return engine.inner if isinstance(engine, BestOfEngine) else engine


def _knows_best_of(engine: Engine) -> bool:
    """Another Shuowen chooses itself, with the critics that it has."""
    return isinstance(engine, RemoteEngine) and engine.dialect == "shuowen"
