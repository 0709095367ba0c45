"""What a hub says about a model: its files, the commit they are of, and the licence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuowen.errors import FetchError, ModelError, ShuowenError
from shuowen.hub.client import HubClient, Refused
from shuowen.hub.files import RemoteFile
from shuowen.hub.names import ModelName


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The files of one model at one commit.

    Attributes:
        name: What was asked for.
        commit: The commit that the revision stands for; the revision itself where the hub does
            not say.
        files: Those that are of use here, by path.
        licence: As the model's card names it; empty when the card does not.
    """

    name: ModelName
    commit: str
    files: tuple[RemoteFile, ...]
    licence: str

    @property
    def num_bytes(self) -> int:
        """Length of all files together."""
        return sum(file.size_bytes for file in self.files)


def checked_files(name: ModelName, files: Iterable[RemoteFile]) -> tuple[RemoteFile, ...]:
    """The files by path; raises `ModelError` when they cannot make a model."""
    found = tuple(sorted(files, key=lambda file: file.path))
    if len({file.path.lower() for file in found}) < len(found):
        raise ModelError(f"{name} lists a file twice.", "Do not use this model.")
    if not any(file.path.endswith(".safetensors") for file in found):
        raise ModelError(
            f"{name} has no weights in the format safetensors.",
            "Choose another model: `shuowen models list`.",
        )
    return found


def unreadable(client: HubClient, name: ModelName) -> FetchError:
    """The error for an answer that is JSON but not what was asked for."""
    return FetchError(
        f"{client.host} answers about {name} in a way that is not understood.",
        "Check HF_ENDPOINT or MODELSCOPE_ENDPOINT, or try the other hub.",
    )


def refusal(client: HubClient, name: ModelName, refused: Refused) -> ShuowenError:
    """The error for a hub's no, with what can be done about it."""
    if refused.status == 404 or refused.code == "RepoNotFound":
        what = "revision" if refused.code == "RevisionNotFound" else "model"
        return ModelError(
            f"{client.host} has no {what} {name}, or does not show it to everyone.",
            "Check the name (`shuowen models list`); for a private model set HF_TOKEN.",
        )
    if refused.status in (401, 403):
        return ModelError(
            f"{client.host} does not hand out {name} to everyone.",
            f"Accept its terms at {client.endpoint}/{name.repo_id}, then set HF_TOKEN to your"
            " access token."
            if name.hub == "hf"
            else "Download it with an account there and give the folder instead.",
        )
    return FetchError(
        f"{client.host} answers {refused.status} when asked for {name}.", "Try again later."
    )
