"""Where the encryption keys come from."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from bot.errors import BadSettings
from bot.settings import Settings
from storage.encryption import new_key

_log = structlog.get_logger(__name__)


def encryption_keys(settings: Settings) -> tuple[str, ...]:
    """The Fernet keys of the settings; without any, the key file beside the SQLite database, made if missing.

    Raises:
        BadSettings: there are no keys and no SQLite file to keep one beside.
    """
    if settings.encryption_keys:
        return tuple(key.get_secret_value() for key in settings.encryption_keys)
    database = settings.sqlite_path
    if database is None:
        raise BadSettings(("ENCRYPTION_KEYS is missing: make one with `lipsync-bot new-key`.",))
    path = database.with_suffix(".key")
    if not path.exists():
        _make(path)
    return (path.read_text().strip(),)


def _make(path: Path) -> None:
    """Put a new key at `path`, readable by its owner alone, unless another process does so first.

    The file gets its name when it is whole: of two processes at once, none reads half a key, and both agree.
    """
    with NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(new_key())
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
    _log.warning("made an encryption key; keep it apart from backups of the database", path=str(path))
