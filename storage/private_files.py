"""Files and folders that nobody else on the machine may read, whatever the umask says."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps for a database; it gives each the mode of the database's own file (SQLite: os_unix.c)."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_private(path: Path) -> int:
    """A file, made if it is missing and never readable by others, not even for a moment; its descriptor.

    Raises:
        OSError: it can neither be opened nor made.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE)
    try:
        if stat.S_IMODE(os.fstat(file).st_mode) & _OTHERS:
            os.fchmod(file, FILE)
    except OSError:
        os.close(file)
        raise
    return file


def make_private(path: Path) -> None:
    """Have an empty file at `path` that only its owner may read, if there is none.

    Whatever stands in the way of that, whoever opens the file next will say better.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE))


def make_folder(folder: Path) -> None:
    """A folder of the app's own; one that is there already is left as it is.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def close_to_others(database: Path) -> list[str]:
    """Take other users' rights from a SQLite database, its key, its lock and its folder, where they have any.

    Returns:
        What could not be mended, in words for whoever runs the app.
    """
    left = [f"{path}: {error.strerror}" for path in _files(database) if (error := _close(path, FILE))]
    folder = database.absolute().parent
    if _is_shared(folder):
        if _open_to_others(folder):
            left.append(
                f"{folder} is used for other things as well: keep the database in a folder of its own"
            )
    elif error := _close(folder, FOLDER):
        left.append(f"{folder}: {error.strerror}")
    return left


def _files(database: Path) -> Iterator[Path]:
    yield from (database.with_name(database.name + ending) for ending in _BESIDE)
    yield from (database.with_suffix(ending) for ending in (".key", ".lock"))


def _is_shared(folder: Path) -> bool:
    """Whether a folder surely is not the app's alone: for temporary files, or where people work."""
    at_work = [Path.cwd(), Path(os.environ.get("HOME", "/"))]
    is_others = any(folder == place or folder in place.parents for place in at_work)
    return is_others or bool(folder.stat().st_mode & stat.S_ISVTX)


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)


def _close(path: Path, mode: int) -> OSError | None:
    try:
        if _open_to_others(path):
            path.chmod(mode)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    return None
