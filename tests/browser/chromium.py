"""Finds the Chromium that the browser tests drive; run as a module, it installs one if there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ADVICE = "The browser tests need Chromium: install Debian's package `chromium`, or set CHROMIUM to its path."
_ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)

LAUNCH_ARGS = (
    "--no-sandbox",  # root in a container has no user namespace to sandbox in
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # without these it looks up hosts of its maker at every start
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


class ChromiumMissingError(RuntimeError):
    """No Chromium is here; the text says what to install."""


def executable() -> str:
    """Return the path of a Chromium.

    Raises:
        ChromiumMissingError: None was found.
    """
    found = _named() or _playwrights_own()
    if found is None:
        raise ChromiumMissingError(_ADVICE)
    return found


def _named() -> str | None:
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def _playwrights_own() -> str | None:
    # A process of its own: the synchronous API refuses to start inside a running event loop.
    asked = subprocess.run(
        [sys.executable, "-c", _ASK_PLAYWRIGHT], capture_output=True, text=True, check=False, timeout=60
    )
    path = asked.stdout.strip()
    return path if asked.returncode == 0 and Path(path).is_file() else None


def _install() -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        ways = [
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-qy", "chromium", "fonts-noto-color-emoji"],
        ]
    else:
        ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in ways:
        subprocess.run(command, check=False)


def main() -> int:
    """Make sure that there is a Chromium. Returns the exit code."""
    try:
        path = executable()
    except ChromiumMissingError:
        _install()
        try:
            path = executable()
        except ChromiumMissingError as missing:
            sys.stderr.write(f"{missing}\n")
            return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
