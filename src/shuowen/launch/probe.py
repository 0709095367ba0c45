"""Asking a starting engine whether it can answer."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from http import HTTPStatus
from urllib.parse import urlsplit

_SECONDS = 10.0
_MAX_BYTES = 1 << 20


def is_well(url: str) -> bool:
    """Whether GET /health answers 200."""
    status, _ = _get(url, "/health", "")
    return status == HTTPStatus.OK


def serves(url: str, model: str, key: str) -> bool:
    """Whether GET /v1/models answers with this model's name."""
    status, body = _get(url, "/v1/models", key)
    if status != HTTPStatus.OK:
        return False
    try:
        return model in [each["id"] for each in json.loads(body)["data"]]
    except (ValueError, KeyError, TypeError):
        return False


def _get(url: str, path: str, key: str) -> tuple[int, bytes]:
    """Status and body; no proxy is asked, no redirect followed. 0 where nobody answers."""
    parts = urlsplit(url)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        with closing(connection):
            connection.request("GET", path, headers=headers)
            with closing(connection.getresponse()) as answer:
                return answer.status, answer.read(_MAX_BYTES)
    except (OSError, http.client.HTTPException):
        return 0, b""
