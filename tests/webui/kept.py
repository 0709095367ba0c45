"""What `--update-golden` keeps of a run: requests for the contract test, pictures for the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from PIL import Image

from tests.webui.recorder import Call

ROOT = Path(__file__).parents[2]
REQUESTS = ROOT / "tests" / "server" / "data" / "openwebui"
PICTURES = ROOT / "docs" / "pictures"
PICTURE_MARK = "data:image/png;base64,PICTURE"
"""Stands for the picture of a request; the contract test puts a small one there."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATA = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]+")
_TODAY = re.compile(r"(?<=Today's date is: )\d{4}-\d\d-\d\d")
_KEPT_HEADERS = ("Content-Type", "X-Filename", "Accept", "User-Agent")
_COLORS = 128


def keep_request(name: str, call: Call) -> None:
    """Write a chat request without what differs between runs, and without tools' descriptions."""
    text = _DATA.sub(PICTURE_MARK, call.body.decode())
    body = json.loads(_TODAY.sub("2026-01-01", _ID.sub(_no_id, text)))
    _write(name, _without_descriptions(body))


def keep_upload(name: str, call: Call) -> None:
    """Write the method, path and telling headers of an upload."""
    headers = {
        key: _ID.sub(_no_id, call.headers[key]) for key in _KEPT_HEADERS if key in call.headers
    }
    _write(name, {"method": call.method, "path": call.path, "headers": headers})


def keep_picture(name: str, taken: Path) -> None:
    """Write a picture of the window with as few colours as it needs."""
    PICTURES.mkdir(exist_ok=True)
    drawn = Image.open(taken).convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
    drawn.save(PICTURES / f"{name}.png", optimize=True)


def _no_id(_: re.Match[str]) -> str:
    return "00000000-0000-4000-8000-000000000000"


def _without_descriptions(value: Any) -> Any:
    """Texts that describe tools are Open WebUI's own, and long; their place is kept."""
    if isinstance(value, list):
        return [_without_descriptions(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: "…" if key == "description" and isinstance(each, str) else _without_descriptions(each)
        for key, each in value.items()
    }


def _write(name: str, value: Any) -> None:
    REQUESTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (REQUESTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
