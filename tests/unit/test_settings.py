"""The settings: their names, where they come from, and what is said when they do not do."""

from pathlib import Path

import pytest

from bot.errors import BadSettings
from bot.settings import Settings
from bot.web_addresses import is_loopback

NAMES = (
    *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"),
    *("SYNC_API_KEY", "SYNC_KEY_FOR_ALL_TEAMS", "SYNC_WEBHOOK_SECRET"),
    *("DATABASE_URL", "PUBLIC_URL", "HOST", "PORT", "ENCRYPTION_KEYS"),
    *("COMPANY_NAME", "SUPPORT_CONTACT"),
    *("ASK_AGAIN_FROM_USD", "LOG_LEVEL", "SLACK_API_URL", "SYNC_API_URL"),
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def problems(*, serving: bool = False) -> str:
    use = (lambda: Settings.read().require_serving()) if serving else Settings.read
    with pytest.raises(BadSettings) as caught:
        use()
    return "\n".join(caught.value.problems)


def test_every_documented_name_is_a_setting() -> None:
    assert {name.upper() for name in Settings.model_fields} == set(NAMES)


def test_without_anything_there_are_sensible_defaults() -> None:
    settings = Settings.read()

    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.sync_api_url == "https://api.sync.so"
    assert settings.sqlite_path == Path("data/lipsync.db")
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 3000, None)


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("SYNC_API_KEY=sk-from-file\nPORT=4000\nSOMEBODY_ELSES=thing\n")
    monkeypatch.setenv("PORT", "5000")

    settings = Settings.read()

    assert settings.sync_api_key is not None
    assert settings.sync_api_key.get_secret_value() == "sk-from-file"
    assert settings.port == 5000


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "")
    monkeypatch.setenv("PUBLIC_URL", "")

    settings = Settings.read()

    assert not settings.socket_mode
    assert settings.public_url is None


def test_what_is_missing_is_listed_all_at_once_with_where_to_find_it() -> None:
    said = problems(serving=True)

    assert "SLACK_BOT_TOKEN is missing" in said
    assert "SLACK_APP_TOKEN" in said
    assert "SLACK_SIGNING_SECRET" in said
    assert "api.slack.com/apps" in said


@pytest.mark.parametrize("slack", ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
def test_one_way_to_slack_is_enough(monkeypatch: pytest.MonkeyPatch, slack: str) -> None:
    for name in ("SLACK_BOT_TOKEN", slack):
        monkeypatch.setenv(name, "something")

    settings = Settings.read()
    settings.require_serving()

    assert settings.socket_mode is (slack == "SLACK_APP_TOKEN")


def test_another_engine_needs_encryption_keys_since_it_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/lipsync")

    assert "ENCRYPTION_KEYS is missing" in problems(serving=True)


@pytest.mark.parametrize("name", ["SLACK_API_URL", "SYNC_API_URL", "PUBLIC_URL"])
@pytest.mark.parametrize(
    "url", ["http://slack.example/api/", "ftp://localhost/", "https://", "slack.com", "http://[::"]
)
def test_an_address_that_would_leak_a_token_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)

    assert name in problems()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_plain_http_is_fine_on_this_machine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("SLACK_API_URL", f"http://{host}:4000/api")
    monkeypatch.setenv("SYNC_API_URL", f"http://{host}:5000/")

    settings = Settings.read()

    assert settings.slack_api_url == f"http://{host}:4000/api/"  # slack_sdk joins method names to it
    assert settings.sync_api_url == f"http://{host}:5000"


@pytest.mark.parametrize("host", ["localhost.example.com", "10.0.0.1", "0.0.0.0", "", None])
def test_other_machines_are_not_loopback(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(("name", "value"), [("PORT", "99999"), ("PORT", "web"), ("LOG_LEVEL", "CHATTY")])
def test_a_value_that_cannot_be_used_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    assert problems().startswith(f"{name}: ")


def test_a_log_level_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")

    assert Settings.read().log_level == "DEBUG"


def test_encryption_keys_come_apart_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", " new-key , old-key ,")

    assert [key.get_secret_value() for key in Settings.read().encryption_keys] == ["new-key", "old-key"]


def test_no_secret_shows_in_a_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [name for name in NAMES if name.endswith(("TOKEN", "SECRET", "KEY", "KEYS"))]
    for name in secrets:
        monkeypatch.setenv(name, f"hush-{name}")

    assert "hush" not in repr(Settings.read())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/x.db", Path("data/x.db")),
        ("sqlite:////var/lib/x.db", Path("/var/lib/x.db")),
        ("sqlite+aiosqlite:///x.db", Path("x.db")),
        ("postgresql+asyncpg://db/lipsync", None),
    ],
)
def test_where_the_database_file_is(monkeypatch: pytest.MonkeyPatch, url: str, path: Path | None) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    assert Settings.read().sqlite_path == path


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A1-1-abc", "is an app token"),
        ("SLACK_APP_TOKEN", "xoxb-1-abc", "is a bot token"),
        ("SLACK_BOT_TOKEN", "xoxb-…", "copy it anew"),
        ("SYNC_API_KEY", "sk-with a space", "copy it anew"),
        ("DATABASE_URL", "banana", "sqlite:/// or postgresql://"),
        ("DATABASE_URL", "mysql://db", "sqlite:/// or postgresql://"),
    ],
)
def test_a_value_of_the_wrong_shape_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        Settings.read()
    [problem] = refused.value.problems
    assert problem.startswith(f"{name}: ")
    assert words in problem
    assert value not in problem


def of_installs(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    for name, value in {"SLACK_SIGNING_SECRET": "s", "SYNC_API_KEY": "sk-1", **given}.items():
        monkeypatch.setenv(name, value)


def test_with_a_client_id_and_secret_no_bot_token_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    of_installs(
        monkeypatch, SLACK_CLIENT_ID="1.2", SLACK_CLIENT_SECRET="c", PUBLIC_URL="https://lipsync.example.com"
    )

    settings = Settings.read()
    settings.require_serving()

    assert settings.installs
    assert "'c'" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SLACK_CLIENT_ID": "1.2", "PUBLIC_URL": "https://x.example.com"}, "SLACK_CLIENT_SECRET is missing"),
        ({"SLACK_CLIENT_SECRET": "c", "PUBLIC_URL": "https://x.example.com"}, "SLACK_CLIENT_ID is missing"),
        ({"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "c"}, "PUBLIC_URL is missing"),
    ],
)
def test_half_an_install_flow_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    of_installs(monkeypatch, **given)

    assert missing in problems(serving=True)
