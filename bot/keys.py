"""Where the encryption keys come from."""

import os

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
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Made and opened in one step, so that two processes at once agree on one key.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_key())
    except FileExistsError:
        pass
    else:
        _log.warning("made an encryption key; keep it apart from backups of the database", path=str(path))
    return (path.read_text().strip(),)
