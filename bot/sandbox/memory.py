"""What both fakes remember, kept in one file, so that a folder brings its workspace back."""

import asyncio
import io
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import click

_FORMAT = 3
"""To be raised with every change of what is kept: an older file is then refused in words."""
_EVERY_S = 0.5


class Remembers(Protocol):
    """A fake whose state can be taken out and put back."""

    def kept(self) -> object:
        """Everything that it would forget, as records that can be pickled; they go on changing."""
        ...

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        ...


class Memory:
    """The file of a folder. Paths below the folder are kept as such: it may be moved."""

    def __init__(self, folder: Path, fakes: Mapping[str, Remembers]) -> None:
        self._folder = folder
        self._file = folder / "sandbox.memory"
        self._fakes = fakes
        self._written = b""

    def load(self) -> None:
        """Bring back what was kept; a new folder has nothing.

        Raises:
            click.ClickException: it was kept by another version.
        """
        if not self._file.exists():
            return
        try:
            self._recall(self._file.read_bytes())
        except Exception as error:
            raise click.ClickException(
                f"--data: what lies in {self._folder} was kept by another version of the sandbox. "
                "Name another folder, or empty this one."
            ) from error

    def _recall(self, data: bytes) -> None:
        """Raises whatever unpickling does: the file is the person's own, but perhaps an old one."""
        version, kept = _Unpickler(data, self._folder).load()
        if version != _FORMAT:
            raise ValueError(version)
        for name, fake in self._fakes.items():
            fake.recall(kept[name])

    async def keep(self) -> None:
        """Save whatever changes, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            self.save()

    def save(self) -> None:
        """Write the file anew, if something has changed: whole, or not at all."""
        buffer = io.BytesIO()
        kept = {name: fake.kept() for name, fake in self._fakes.items()}
        _Pickler(buffer, self._folder).dump((_FORMAT, kept))
        if buffer.getvalue() == self._written:
            return
        part = self._file.with_suffix(".part")
        with part.open("wb") as file:
            file.write(buffer.getvalue())
            os.fsync(file.fileno())
        part.replace(self._file)
        self._written = buffer.getvalue()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_id(self, thing: object) -> str | None:
        """The way from the folder to a path below it."""
        if isinstance(thing, Path) and thing.is_relative_to(self._folder):
            return str(thing.relative_to(self._folder))
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, folder: Path) -> None:
        super().__init__(io.BytesIO(data))
        self._folder = folder

    def persistent_load(self, kept: str) -> Path:
        """The path that `persistent_id` has told."""
        return self._folder / kept
