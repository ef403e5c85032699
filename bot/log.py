"""Logging: one line an event, with job and team on it and secrets masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import stamina
import structlog

from bot.web_addresses import without_secrets

_SECRET = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|xoxe[\w.-]+|whsec_[\w-]+|(?<![a-z0-9])sk-[\w-]{8,}"
    r"|https://hooks\.slack\.com/\S+"
    r"|(?<=token=)[^&\s\"']+|(?<=code=)[^&\s\"']+|(?<=state=)[^&\s\"']+",
    re.IGNORECASE,
)
_SECRET_NAMES = frozenset(
    {"token", "api_key", "authorization", "response_url", "trigger_id", "secret", "x-api-key"}
)
_QUIET = {
    "slack_bolt": logging.WARNING,  # at INFO it prints whole request bodies on a bad signature
    "slack_sdk": logging.WARNING,  # at DEBUG it prints payloads with tokens
    "httpx": logging.WARNING,  # one line for each poll
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


def mask(text: str) -> str:
    """`text` with everything that looks like a token replaced; web addresses keep host and file name."""
    return without_secrets(_SECRET.sub("…masked…", text))


def _mask_names(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: "…masked…" if key in _SECRET_NAMES else value for key, value in event.items()}


def _mask_line(_logger: object, _name: str, line: Any) -> str:
    """The rendered line, so that no value of whatever type brings a secret past."""
    return mask(line)


def log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """One line for each call that is made again: why, and when."""
    structlog.get_logger(__name__).info(
        "trying again", cause=str(details.caused_by), tries=details.retry_num, next_try_s=details.wait_for
    )


def set_up_logging(level: str) -> None:
    """Send structlog and the standard library's loggers to stderr in one form."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _mask_names,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
                _mask_line,
            ],
        ),
    )
    stamina.instrumentation.set_on_retry_hooks([log_retry])
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, root.level))
