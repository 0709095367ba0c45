"""Documents out of requests: base64, addresses and uploaded files, each within limits."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from shuowen.config import Limits
from shuowen.errors import FieldError, TooLargeError
from shuowen.server.bridge import stop_of_thread
from shuowen.server.documents.uploads import shown_name
from shuowen.server.options import ServerOptions
from shuowen.source.model import Source

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DATA_URL = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_BLANK = re.compile(r"\s+")


def source_from(text: str, name: str, limits: Limits, *, param: str) -> Source:
    """A document from an http(s) address, a `data:` address or base64; for a thread.

    Args:
        text: What the request says.
        name: What the document is called, unless it is downloaded.
        limits: What it may cost.
        param: The field that it came in, for errors.

    Raises:
        FieldError: It is none of the three.
        FetchError: The address is refused, or the download fails.
        TooLargeError: It is larger than allowed.
    """
    if _ADDRESS.match(text):
        from shuowen.source.fetch import fetch

        return fetch(text, limits, stop=stop_of_thread())
    return Source(name=shown_name(name), data=decoded_base64(text, limits.max_bytes, param=param))


def decoded_base64(text: str, max_bytes: int, *, param: str) -> bytes:
    """The bytes that base64, alone or in a `data:` address, stands for."""
    head = _DATA_URL.match(text)
    body = text[head.end() :] if head else text
    if len(body) * 3 // 4 > max_bytes + 3:
        raise TooLargeError(f"{param} holds more than {max_bytes} bytes.", "Send a smaller file.")
    if head and not head[0].lower().endswith(";base64,"):
        return unquote_to_bytes(body)
    try:
        return b64decode(_BLANK.sub("", body), validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"{param} is neither base64 nor an http or https address."
        raise FieldError(message, "Encode the file as base64.", param=param) from error


def download_limits(options: ServerOptions) -> Limits:
    """Limits by which a download may be no larger than an upload."""
    limits = options.limits
    return replace(limits, max_bytes=min(limits.max_bytes, options.max_body_bytes))
