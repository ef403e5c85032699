"""What reaches the log: lines that help, and never a secret."""

import io
import logging
import string

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.log import mask, set_up_logging

pytestmark = [pytest.mark.usefixtures("usual_logging"), pytest.mark.prints_secrets]

_TAIL = st.text(string.ascii_letters + string.digits + "-_", min_size=12, max_size=40)
SECRETS = st.one_of(
    st.builds(
        lambda kind, tail: kind + tail,
        st.sampled_from(["xoxb-", "xoxp-", "xapp-1-", "xoxe.xoxb-", "whsec_", "sk-"]),
        _TAIL,
    ),
    st.builds("https://hooks.slack.com/commands/T1/{}/{}".format, _TAIL, _TAIL),
)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to the terminal."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    set_up_logging("DEBUG")
    return written


@given(SECRETS, st.text(max_size=30), st.text(max_size=30))
def test_no_secret_survives_masking_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert secret not in mask(f"{before} {secret} {after}")


@pytest.mark.parametrize(
    "text", ["a plain sentence", "job=0a1b2c", "ask-me-anything", "see https://example.com."]
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert mask(text) == text


def test_a_line_names_its_event_job_and_level(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(job="job-7"):
        structlog.get_logger("bot.worker").warning("lease lost", wait_s=3)

    written = lines.getvalue()
    assert written.count("\n") == 1
    for part in ("event='lease lost'", "level='warning'", "job='job-7'", "wait_s=3", "logger='bot.worker'"):
        assert part in written


def test_a_secret_in_an_exception_is_masked(lines: io.StringIO) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        int("bad token xoxb-1234-secret-tail and key sk-live-0123456789")
    structlog.get_logger("t").error("broke", exc_info=caught.value)
    logging.getLogger("a.library").error("broke: %s", "whsec_verysecret", exc_info=caught.value)

    written = lines.getvalue()
    assert "ValueError" in written
    assert not any(secret in written for secret in ("secret-tail", "0123456789", "verysecret"))


def test_a_secret_deep_in_a_value_is_masked(lines: io.StringIO) -> None:
    hidden = {"headers": [("x", b"xoxb-deep-in-bytes")], "error": ValueError("sk-deep-in-an-error")}

    structlog.get_logger("t").info("seen", body=hidden)
    structlog.get_logger("t").info("seen", error=ValueError("whsec_bare_error"))

    written = lines.getvalue()
    assert not any(tail in written for tail in ("deep-in", "bare_error"))


@pytest.mark.parametrize(
    "name", ["token", "api_key", "authorization", "response_url", "trigger_id", "secret"]
)
def test_a_value_under_a_telling_name_is_masked_whatever_it_is(lines: io.StringIO, name: str) -> None:
    structlog.get_logger("t").info("seen", **{name: "innocent-looking"})

    assert "innocent-looking" not in lines.getvalue()


def test_a_query_with_a_code_or_token_is_masked(lines: io.StringIO) -> None:
    logging.getLogger("aiohttp.access").info("GET /oauth?code=abc123&state=xyz789 token=t0psecret")

    assert not any(value in lines.getvalue() for value in ("abc123", "xyz789", "t0psecret"))


@pytest.mark.parametrize("name", ["slack_bolt", "slack_sdk", "slack_sdk.web.async_client", "httpx"])
def test_libraries_that_print_payloads_stay_quiet_even_at_debug(lines: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("the whole request body")

    assert lines.getvalue() == ""
