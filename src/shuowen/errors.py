"""Every error that Shuowen raises on purpose, in one tree.

::

    ShuowenError
    ├─ UsageError         exit 2   HTTP 400   wrong option or value
    │  ├─ FieldError               HTTP 400   a field of a request; names it
    │  ├─ AccessError              HTTP 401   no key, or one that is not known
    │  ├─ NotFoundError            HTTP 404   no such model, document, page or path
    │  └─ ConflictError            HTTP 409   what is asked for does not fit what is there
    ├─ InputError         exit 3   HTTP 422   unreadable, encrypted, too large, no pages
    │  └─ TooLargeError            HTTP 413   more bytes than a request may have
    ├─ MissingExtraError  exit 4   HTTP 501   names the extra and the command that installs it
    ├─ ModelError         exit 5   HTTP 500   missing or damaged weights
    ├─ CapacityError      exit 6   HTTP 503   memory, queue
    │  ├─ BusyError                HTTP 429   too much at once; says when to come back
    │  ├─ TimedOutError            HTTP 504   longer than a request may take
    │  └─ PromptTooLongError       HTTP 400   a prompt that fits no window or cache
    ├─ EngineError        exit 7   HTTP 502   an engine died or answered badly
    ├─ OutputError        exit 8   HTTP 507   cannot write: folder, disk full
    ├─ FetchError         exit 9   HTTP 422   a URL that is refused, slow, endless or gone
    │  └─ FetchTooLargeError       HTTP 413   more bytes than a download may have
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

    Attributes:
        param: The field of a request that is to blame, as a path; empty where there is none.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint
        self.param = ""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(ShuowenError):
    """A wrong option, or a value that an option does not take."""

    code, exit_code, http_status = "usage", 2, 400


class FieldError(UsageError):
    """A field of a request that is not known, not supported, or has a wrong value.

    Args:
        message, hint: As for every error.
        param: The field, as a path: "messages[0].content[1].image_url".
    """

    def __init__(self, message: str, hint: str = "", *, param: str) -> None:
        super().__init__(message, hint)
        self.param = param


class AccessError(UsageError):
    """A request without a key, or with one that is not known."""

    code, http_status = "access", 401


class NotFoundError(UsageError):
    """A model, document, page or path that there is not, or that belongs to somebody else."""

    code, http_status = "not_found", 404


class ConflictError(UsageError):
    """What is asked for does not fit the state of what is there."""

    code, http_status = "conflict", 409


class InputError(ShuowenError):
    """A source that cannot be read as a document."""

    code, exit_code, http_status = "input", 3, 422


class TooLargeError(InputError):
    """A request with more bytes than one may have."""

    code, http_status = "too_large", 413


class MissingExtraError(ShuowenError):
    """Something that needs an optional package which is not installed."""

    code, exit_code, http_status = "missing_extra", 4, 501


class ModelError(ShuowenError):
    """Weights that are missing, damaged or of the wrong shape."""

    code, exit_code, http_status = "model", 5, 500


class CapacityError(ShuowenError):
    """Too little memory or too long a queue for what was asked."""

    code, exit_code, http_status = "capacity", 6, 503


class BusyError(CapacityError):
    """More at once than the server, or a key, may have.

    Args:
        message, hint: As for every error.
        retry_after_seconds: When a new try has a chance, at least 1.
    """

    code, http_status = "busy", 429

    def __init__(self, message: str, hint: str = "", *, retry_after_seconds: int = 1) -> None:
        super().__init__(message, hint)
        self.retry_after_seconds = max(1, retry_after_seconds)


class TimedOutError(CapacityError):
    """Work that took longer than a request may."""

    code, http_status = "timed_out", 504


class PromptTooLongError(CapacityError):
    """A prompt, with the answer that is wanted, that could never fit the model."""

    code, http_status = "context_length_exceeded", 400  # OpenAI's own word for it


class EngineError(ShuowenError):
    """An engine that died or gave an answer that makes no sense."""

    code, exit_code, http_status = "engine", 7, 502


class OutputError(ShuowenError):
    """A result that cannot be written; nothing half-written is left behind."""

    code, exit_code, http_status = "output", 8, 507


class FetchError(ShuowenError):
    """A URL that is refused for safety, or that cannot be downloaded within the limits."""

    code, exit_code, http_status = "fetch", 9, 422


class FetchTooLargeError(FetchError):
    """A download with more bytes than one may have."""

    code, http_status = "too_large", 413


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
