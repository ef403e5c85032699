"""Everything that is set from outside, read once from the environment or `.env`."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import BadSettings
from bot.web_addresses import is_loopback

DEFAULT_DATABASE = "sqlite:///data/lipsync.db"
_VISIBLE = re.compile(r"[!-~]+")
_MAIL = re.compile(r"(?<![!-?A-~])[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ENGINE = re.compile(r"(sqlite|postgres(ql)?)(\+\w+)?:")


def _safe_url(url: str) -> str:
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    if safe and parts.hostname:
        return url
    raise ValueError("must be an https:// address (plain http only on this machine)")


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _visible(secret: SecretStr) -> SecretStr:
    """Refuse what no header can carry: a stray space or line end, or the example's ellipsis."""
    if _VISIBLE.fullmatch(secret.get_secret_value()):
        return secret
    raise ValueError("has a space or a character in it that no key has; copy it anew")


def _bot_token(secret: SecretStr) -> SecretStr:
    if _visible(secret).get_secret_value().startswith("xapp-"):
        raise ValueError("is an app token (xapp-…); the bot token begins with xoxb-")
    return secret


def _app_token(secret: SecretStr) -> SecretStr:
    if _visible(secret).get_secret_value().startswith("xoxb-"):
        raise ValueError("is a bot token (xoxb-…); the app token begins with xapp-")
    return secret


def _contact(text: str) -> str:
    if _MAIL.fullmatch(text) or urlsplit(text).scheme == "https":
        return text
    raise ValueError("must be an e-mail address, or an https:// address")


def _known_engine(url: str) -> str:
    if _ENGINE.match(url):
        return url
    raise ValueError("must begin with sqlite:/// or postgresql://")


ApiRoot = Annotated[str, AfterValidator(_safe_url), AfterValidator(_without_slash)]
SlackRoot = Annotated[str, AfterValidator(_safe_url), AfterValidator(_with_slash)]


class Settings(BaseSettings):
    """The app's settings under their well-known names; README lists them."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    slack_bot_token: Annotated[SecretStr, AfterValidator(_bot_token)] | None = None
    """`xoxb-…`: one workspace, without an install flow."""
    slack_app_token: Annotated[SecretStr, AfterValidator(_app_token)] | None = None
    """`xapp-…`: Socket Mode."""
    slack_signing_secret: SecretStr | None = None
    """Needed where Slack calls over HTTP."""
    slack_client_id: Annotated[str, Field(pattern=r"^[0-9.]+$")] | None = None
    slack_client_secret: Annotated[SecretStr, AfterValidator(_visible)] | None = None
    """With the id: any workspace installs the app in a browser, at `PUBLIC_URL/slack/install`."""
    sync_api_key: Annotated[SecretStr, AfterValidator(_visible)] | None = None
    sync_key_for_all_teams: bool = False
    """Whether SYNC_API_KEY pays for every team that has connected none; else for SLACK_BOT_TOKEN's alone."""
    sync_webhook_secret: SecretStr | None = None
    """Of the account of SYNC_API_KEY. None: read from the sync.so account with its key."""
    database_url: Annotated[str, Field(repr=False), AfterValidator(_known_engine)] = DEFAULT_DATABASE
    """SQLite, or PostgreSQL, whose URL may carry a password."""
    public_url: ApiRoot | None = None
    """Where sync.so reaches this app; None: results are polled."""
    company_name: str | None = None
    """Who runs this app, for its pages on privacy and support."""
    support_contact: Annotated[str, AfterValidator(_contact)] | None = None
    """Where whoever runs it is reached: an e-mail address, or a page of theirs."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 3000
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Fernet keys, comma separated, newest first; empty: a key file beside the SQLite database."""
    ask_again_from_usd: Annotated[Decimal, Field(ge=0)] = Decimal(10)
    """From this price on Generate asks once more, with the sum in the question; 0: always."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"
    slack_api_url: SlackRoot = "https://slack.com/api/"
    sync_api_url: ApiRoot = "https://api.sync.so"

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value
        )

    @property
    def socket_mode(self) -> bool:
        """An app token means Socket Mode."""
        return self.slack_app_token is not None

    @property
    def is_sandbox(self) -> bool:
        """Whether sync.so is a fake on this machine: only then may files and links be on it as well."""
        return is_loopback(urlsplit(self.sync_api_url).hostname)

    @classmethod
    def read(cls) -> Self:
        """Read the environment and `.env`.

        Raises:
            BadSettings: a value cannot be used; names the variable, never its value.
        """
        try:
            return cls()
        except ValidationError as error:
            raise BadSettings(tuple(_problem(item["loc"], item["msg"]) for item in error.errors())) from None

    def require_serving(self) -> None:
        """Check that there is enough to serve Slack with.

        Raises:
            BadSettings: lists everything that is missing and where to find it.
        """
        missing = self._missing_of_installs()
        if self.slack_app_token is None and self.slack_signing_secret is None:
            missing.append(
                "Either SLACK_APP_TOKEN (Socket Mode: Basic Information › App-Level Tokens, xapp-…) "
                "or SLACK_SIGNING_SECRET (HTTP: Basic Information › App Credentials) is missing.",
            )
        if not self.encryption_keys and self.sqlite_path is None:
            missing.append("ENCRYPTION_KEYS is missing: make one with `lipsync-bot new-key`.")
        if missing:
            raise BadSettings(tuple(missing))

    def _missing_of_installs(self) -> list[str]:
        if self.slack_client_id is None and self.slack_client_secret is None:
            if self.slack_bot_token is not None:
                return []
            words = (
                "SLACK_BOT_TOKEN is missing: api.slack.com/apps › your app › OAuth & Permissions (xoxb-…);"
            )
            return [f"{words} or, for any number of workspaces, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET."]
        needed = {
            "SLACK_CLIENT_ID": self.slack_client_id,
            "SLACK_CLIENT_SECRET": self.slack_client_secret,
        }
        where = "is missing: api.slack.com/apps › your app › Basic Information › App Credentials."
        missing = [f"{name} {where}" for name, value in needed.items() if value is None]
        if self.public_url is None:
            missing.append("PUBLIC_URL is missing: browsers that install the app have to reach it.")
        return missing

    @property
    def installs(self) -> bool:
        """Whether workspaces install the app in a browser."""
        return self.slack_client_id is not None and self.slack_client_secret is not None

    @property
    def sqlite_path(self) -> Path | None:
        """The database file; None for another engine."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(path) if scheme.startswith("sqlite") and path else None


def _problem(location: tuple[int | str, ...], words: str) -> str:
    name = str(location[0]).upper() if location else "settings"
    return f"{name}: {words.removeprefix('Value error, ')}."


def plain(secret: SecretStr | None) -> str | None:
    """What a secret says; None: it is not set."""
    return secret.get_secret_value() if secret is not None else None
