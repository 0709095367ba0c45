"""Every error that Shuowen raises on purpose, in one tree.

::

    ShuowenError
    ├─ UsageError         exit 2   HTTP 400   wrong option or value
    ├─ InputError         exit 3   HTTP 422   unreadable, encrypted, too large, no pages
    ├─ MissingExtraError  exit 4   HTTP 501   names the extra and the command that installs it
    ├─ ModelError         exit 5   HTTP 500   missing or damaged weights
    ├─ CapacityError      exit 6   HTTP 503   memory, queue
    ├─ EngineError        exit 7   HTTP 502   an engine died or answered badly
    ├─ OutputError        exit 8   HTTP 507   cannot write: folder, disk full
    ├─ FetchError         exit 9   HTTP 422   a URL that is refused, slow, endless or gone
    └─ InternalError      exit 70  HTTP 500   our bug; asks for a report

Two exit codes belong to no error: 10 means that some of the work failed and the rest is written
(`EXIT_PARTIAL`), 130 that the user pressed Ctrl-C (`EXIT_INTERRUPTED`).

A message says what happened and to which file or page; the hint says what to do next. The library
raises; only `cli/` and `server/` turn an error into an exit code or a status, by its class.
"""

from __future__ import annotations

import logging
from typing import ClassVar

EXIT_PARTIAL = 10
EXIT_INTERRUPTED = 130

_log = logging.getLogger("shuowen")


class ShuowenError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: One sentence: what happened, and to which file or page.
        hint: One sentence: what the person can do next; may be empty.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(ShuowenError):
    """A wrong option, or a value that an option does not take."""

    code, exit_code, http_status = "usage", 2, 400


class InputError(ShuowenError):
    """A source that cannot be read as a document."""

    code, exit_code, http_status = "input", 3, 422


class MissingExtraError(ShuowenError):
    """Something that needs an optional package which is not installed."""

    code, exit_code, http_status = "missing_extra", 4, 501


class ModelError(ShuowenError):
    """Weights that are missing, damaged or of the wrong shape."""

    code, exit_code, http_status = "model", 5, 500


class CapacityError(ShuowenError):
    """Too little memory or too long a queue for what was asked."""

    code, exit_code, http_status = "capacity", 6, 503


class EngineError(ShuowenError):
    """An engine that died or gave an answer that makes no sense."""

    code, exit_code, http_status = "engine", 7, 502


class OutputError(ShuowenError):
    """A result that cannot be written; nothing half-written is left behind."""

    code, exit_code, http_status = "output", 8, 507


class FetchError(ShuowenError):
    """A URL that is refused for safety, or that cannot be downloaded within the limits."""

    code, exit_code, http_status = "fetch", 9, 422


class InternalError(ShuowenError):
    """A bug in Shuowen."""

    code, exit_code, http_status = "internal", 70, 500


def as_shuowen_error(error: Exception, doing: str) -> ShuowenError:
    """What to tell people about any exception: itself if raised on purpose, else what it means.

    Where it came from goes to the log "shuowen" at level DEBUG, which `shuowen --debug` shows.

    Args:
        error: What was caught where one failure must not cost the rest.
        doing: What was being done, for the sentence: "reading scan.pdf".
    """
    _log.debug("While %s:", doing, exc_info=error)
    if isinstance(error, ShuowenError):
        return error
    if isinstance(error, MemoryError):
        return CapacityError(f"There was not enough memory while {doing}.", "Try --jobs 1.")
    return InternalError(
        f"A bug in Shuowen showed while {doing}: {type(error).__name__}: {error}.",
        "Please report it with the output of `shuowen doctor` and of the same command started"
        " as `shuowen --debug …`.",
    )
