"""What Slack sends for `/lipsync`, signed and ready before anything is timed."""

import hashlib
import hmac
import itertools
import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

SIGNING_SECRET = "benchmark-signing-secret"
BOT_TOKEN = "xoxb-benchmark"
APP_TOKEN = "xapp-benchmark"
ONE_LINE = "https://media.example.com/talk.mp4 https://media.example.com/words.mp3"
"""A complete ask: video and audio."""


def commands(text: str) -> Iterator[dict[str, Any]]:
    """Payloads of `/lipsync TEXT`, each with a trigger of its own and of another person.

    One person may have only some jobs open, and a refusal would be quicker than what is measured.
    """
    run = secrets.token_hex(4)
    for number in itertools.count():
        yield {
            "token": "gIkuvaNzQIHg97ATvDxqgjtO",
            "team_id": "T0000000001",
            "team_domain": "example",
            "channel_id": "C0000000001",
            "channel_name": "films",
            "user_id": f"U{run.upper()}{number:06}",
            "user_name": "ada",
            "command": "/lipsync",
            "text": text,
            "api_app_id": "A0000000001",
            "is_enterprise_install": "false",
            "response_url": "https://hooks.slack.com/commands/T0000000001/1/abc",
            "trigger_id": f"{number}.{run}.0123456789abcdef0123456789abcdef",
        }


def signed_posts(text: str, count: int) -> list[bytes]:
    """Whole HTTP requests, signed now (Slack: v0 signatures are good for five minutes)."""
    return [_signed_post(urlencode(command)) for command in itertools.islice(commands(text), count)]


def _signed_post(body: str) -> bytes:
    timestamp = str(int(time.time()))
    base = f"v0:{timestamp}:{body}".encode()
    signature = hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept-Encoding: gzip,deflate\r\n"
        "Accept: application/json,*/*\r\n"
        f"X-Slack-Signature: v0={signature}\r\n"
        f"X-Slack-Request-Timestamp: {timestamp}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()
