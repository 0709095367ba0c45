"""GET /v1/models, and the paths of OpenAI's that are not offered, with what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import APIRouter
from starlette.responses import Response

from shuowen.server.bridge import call
from shuowen.server.chat.model import ChatModel
from shuowen.server.parts import Parts
from shuowen.server.replies import json_reply, status_reply

_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "/v1/completions": "Use POST /v1/chat/completions with messages.",
        "/v1/responses": "Use POST /v1/chat/completions; it takes input_text, input_image and"
        " input_file parts too.",
        "/v1/messages": "Use POST /v1/chat/completions.",
        "/v1/embeddings": "Use a server for embeddings; this one reads documents.",
        "/v1/audio/transcriptions": "Audio is not understood here.",
        "/v1/images/generations": "Pictures are read here, not made.",
    }
)


def router(parts: Parts) -> APIRouter:
    """The paths /v1/models, and answers for those that are not offered."""
    routes = APIRouter(tags=["Chat"])

    @routes.get("/v1/models", summary="The models that there are", response_class=Response)
    async def models() -> Response:
        return json_reply({"object": "list", "data": await call(_listing, parts)})

    @routes.get(
        "/v1/models/{model_name:path}", summary="One of the models", response_class=Response
    )
    async def model(model_name: str) -> Response:
        return json_reply(await call(_one, parts, model_name))

    for path, hint in _INSTEAD.items():
        _refuse(routes, path, hint)
    return routes


def _refuse(routes: APIRouter, path: str, hint: str) -> None:
    @routes.post(path, include_in_schema=False, response_class=Response)
    async def not_offered() -> Response:
        return status_reply(501, f"{path} is not offered. {hint}", "not_offered")


def _listing(parts: Parts) -> list[dict[str, object]]:
    return [_fields(name, model) for name, model in parts.models.listed().items()]


def _one(parts: Parts, name: str) -> dict[str, object]:
    return _fields(name, parts.models.get(name))


def _fields(name: str, model: ChatModel) -> dict[str, object]:
    """A model as OpenAI lists it; `owned_by` tells other Shuowens what this server is."""
    return {
        "id": name,
        "object": "model",
        "created": model.created,
        "owned_by": "shuowen",
    }
