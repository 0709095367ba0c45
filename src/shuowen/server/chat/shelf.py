"""The models that a server has, by name."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from shuowen.errors import NotFoundError, ShuowenError
from shuowen.server.chat.model import ChatModel

_log = logging.getLogger("shuowen.server")

READER_NAME = "shuowen-embedded"
"""The embedded reader, which every server has."""

LOCAL_READER_NAME = "shuowen-embedded-local"
"""The embedded reader where another server's model has its name."""


class ModelShelf:
    """Models in the order of their listing; the first is the one that people meant to serve.

    Where two have one name (a Shuowen in front of another), the first answers to it; the embedded
    reader here then answers to `LOCAL_READER_NAME`.
    """

    def __init__(self, models: Sequence[ChatModel]) -> None:
        """Takes at least one model; the shelf closes them."""
        self._models = tuple(models)

    def listed(self) -> dict[str, ChatModel]:
        """All that can tell their names now: another server that is down is not among them."""
        return dict(self._named())

    def get(self, name: str) -> ChatModel:
        """The model of that name.

        Raises:
            NotFoundError: There is none; says which there are.
            ShuowenError: There is none, but another server does not tell what it has.
        """
        unheard: list[ShuowenError] = []
        names = []
        for known, model in self._named(unheard):
            if known == name:
                return model
            names.append(known)
        if unheard:
            raise unheard[0]
        error = _NoSuchModelError(
            f"The model {name[:100]!r} does not exist.", f"There are: {', '.join(names)}."
        )
        error.param = "model"
        raise error

    def close(self) -> None:
        """Cancel what runs and let go of all models; a second call does nothing."""
        for model in self._models:
            model.close()

    def _named(self, unheard: list[ShuowenError] | None = None) -> Iterator[tuple[str, ChatModel]]:
        seen = set()
        for model in self._models:
            try:
                name = model.name
            except ShuowenError as error:
                _log.warning("The server behind this one cannot be asked for its models: %s", error)
                if unheard is not None:
                    unheard.append(error)
                continue
            if name in seen and name == READER_NAME:
                name = LOCAL_READER_NAME
            if name not in seen:
                seen.add(name)
                yield name, model


class _NoSuchModelError(NotFoundError):
    """OpenAI's own code for a model that there is not."""

    code = "model_not_found"
