"""The app as it is served, for browsers to meet: nobody has installed it, and no account pays by itself."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.sandbox.fake_slack import FakeSlackConfig
from storage.encryption import new_key

_START_WITHIN_S = 60.0
_NOBODY = "http://127.0.0.1:9"


@contextmanager
def serving_app(
    slack: FakeSlackConfig, port: int, folder: Path, *, sync_url: str = _NOBODY
) -> Iterator[Path]:
    """`lipsync-bot serve`, without any bot token. Yields its log."""
    settings = {
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": f"{slack.base_url}/api/",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SYNC_API_KEY": "sk-nobody-0123456789",
        "SYNC_API_URL": sync_url,
        "COMPANY_NAME": "Acme Films",
        "SUPPORT_CONTACT": "help@acme.example",
        "DATABASE_URL": f"sqlite:///{folder / 'data' / 'lipsync.db'}",
        "ENCRYPTION_KEYS": new_key(),
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    log = folder / "app.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "bot", "serve"]
        app = subprocess.Popen(command, cwd=folder, env=kept | settings, stdout=out, stderr=out)
        try:
            _await(f"http://127.0.0.1:{port}/readyz", app)
            yield log
        finally:
            app.terminate()
            app.wait(30)


def _await(url: str, app: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < until and app.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the app did not start: exit code {app.poll()}")
