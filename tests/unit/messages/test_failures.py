"""Failures: every code that can reach a person has words, and says what was charged."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import media
from bot.asking.drafts import Link
from bot.messages.catalogue import ENGLISH
from bot.messages.failure_words import WORDS
from bot.messages.failures import (
    CHARGE_UNKNOWN,
    FAILED_CHARGED,
    MADE_CHARGED,
    NOTHING_CHARGED,
    Circumstances,
    failure,
    file_problem,
)
from bot.messages.rule_words import code_of
from bot.sync_api import errors
from bot.teams.rights import Rule
from tests.unit.messages.builders import HOSTILE, VIDEO, markup, wild_text

CATALOG = (Path(__file__).parent / "sync_error_codes.txt").read_text("utf-8").split()
"""sync.so's codes: the public catalog and those its guides name besides."""

OURS = [
    "generation_failed",
    "generation_rejected",
    "given_up",
    "result_too_long",
    "slack_file_deleted",
    "slack_file_hidden",
    "slack_file_not_visible",
    "slack_file_not_ready",
    "slack_file_not_found",
    "slack_file_external",
    "slack_file_picture",
    "slack_file_no_pictures",
    "media_no_sound",
    "slack_file_wrong_video",
    "slack_file_wrong_audio",
    "slack_file_wrong_type",
    "slack_file_empty",
    "slack_file_too_large",
    "script_unreadable",
    "script_empty",
    "script_too_long",
    "app_removed",
    "draft_incomplete",
    "link_to_this_machine",
    "not_a_colleague",
    "voice_unknown",
    "voice_ambiguous",
    "slack_unavailable",
    "slack_scope_missing",
    "slack_not_allowed",
    "slack_call_broken",
    "too_many_open",
    "not_connected",
    "key_refused",
    "internal",
]
CLIENT = [
    kind.code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.SyncApiError) and kind is not errors.BadSignature
]
MEDIA = [
    kind.code
    for kind in vars(media).values()
    if isinstance(kind, type) and issubclass(kind, media.MediaError) and "code" in vars(kind)
]
UNDELIVERED = [
    "slack_uploads_disabled",
    "slack_upload_too_large",
    "slack_storage_full",
    "slack_scope_missing",
    "slack_not_allowed",
    "slack_call_broken",
    "output_missing",
    "app_removed",
    "not_connected",
    "media_stalled",
    None,
]


@pytest.mark.parametrize("code", sorted({*CATALOG, *OURS, *CLIENT, *MEDIA}))
def test_every_code_has_words_of_its_own(code: str) -> None:
    words = failure(ENGLISH, code)
    assert code not in words.happened
    assert words.happened != failure(ENGLISH, "nobody_foresaw").happened
    assert not words.happened.endswith(".")
    assert words.next_step.endswith((".", "!"))
    assert words.charged in {NOTHING_CHARGED, CHARGE_UNKNOWN}


def test_no_words_are_for_codes_that_nobody_sends() -> None:
    assert WORDS.keys() - {*CATALOG, *OURS, *CLIENT, *MEDIA} == set()


def test_an_unforeseen_code_is_named_and_sync_has_the_word() -> None:
    words = failure(ENGLISH, "brand_new_code", "Face is upside down.")
    assert "brand_new_code" in words.happened
    assert "“Face is upside down.”" in words.next_step


def test_no_code_at_all_still_says_what_to_do() -> None:
    assert failure(ENGLISH, None).next_step


def test_what_sync_suggests_is_added_to_our_own_words() -> None:
    assert "“Use 24 fps.”" in failure(ENGLISH, "generation_input_video_invalid", "Use 24 fps.").next_step


def test_our_own_list_of_voices_is_not_put_into_syncs_mouth() -> None:
    words = failure(ENGLISH, "voice_unknown", "Rachel, Adam").next_step
    assert words == "Press Change and choose another voice. These can speak: Rachel, Adam."
    assert (
        "In sync.so's words: “Take Rachel.”" in failure(ENGLISH, "voice_not_found", "Take Rachel.").next_step
    )


@pytest.mark.parametrize("made", [True, False])
def test_a_permission_that_is_missing_is_named_with_who_can_grant_it(made: bool) -> None:  # noqa: FBT001
    words = failure(ENGLISH, "slack_scope_missing", "files:write", made=made).next_step
    assert "ask a workspace admin to install me again" in words.lower()
    assert "`files:write`" in words
    assert "sync.so's words" not in words


@given(st.one_of(st.none(), wild_text), st.one_of(st.none(), wild_text), st.booleans())
def test_foreign_words_make_no_markup(code: str | None, detail: str | None, made: bool) -> None:  # noqa: FBT001
    words = failure(ENGLISH, code, detail, made=made)
    assert markup(words.happened + words.next_step) == set()


def test_a_job_that_sync_took_and_failed_is_free() -> None:
    assert failure(ENGLISH, "generation_pipeline_failed", submitted=True).charged == FAILED_CHARGED


@pytest.mark.parametrize("code", UNDELIVERED)
def test_a_made_video_is_charged_whatever_kept_it_from_slack(code: str | None) -> None:
    words = failure(ENGLISH, code, submitted=True, made=True)
    assert words.charged == MADE_CHARGED
    assert words.downloadable == (code != "output_missing")
    assert words.next_step


def test_unknown_outcomes_warn_of_paying_twice() -> None:
    for code in ("outcome_unknown", "given_up", "IDEMPOTENCY_OUTCOME_UNKNOWN"):
        words = failure(ENGLISH, code, submitted=True)
        assert words.charged == CHARGE_UNKNOWN
        assert "pay twice" in words.next_step


def test_a_file_problem_is_one_plain_line_with_its_name() -> None:
    line = file_problem(ENGLISH, "slack_file_empty", HOSTILE)
    assert line == f"{HOSTILE}: This file is empty. Check it and send it again."


def test_only_who_gave_a_link_is_told_about_links() -> None:
    upload = failure(ENGLISH, "generation_input_video_invalid", under=Circumstances("video", VIDEO)).next_step
    link = Link(url="https://example.com/v.mp4", name="v.mp4")
    linked = failure(ENGLISH, "generation_input_video_invalid", under=Circumstances("video", link)).next_step

    assert "link" not in upload.lower()
    assert "choose the new file" in upload
    assert "A link has to lead to the file itself" in linked


@pytest.mark.parametrize("code", sorted(code for code, words in WORDS.items() if "{send}" in words.next_step))
def test_nobody_is_sent_to_where_they_are(code: str) -> None:
    assert "our direct message" in failure(ENGLISH, code).next_step
    at_home = failure(ENGLISH, code, under=Circumstances(at_home=True)).next_step
    assert "direct message" not in at_home
    assert "send it here" in at_home


def test_nobody_is_told_to_invite_where_slack_allows_none() -> None:
    assert "Invite me" in failure(ENGLISH, "slack_file_not_visible").next_step
    outside = failure(ENGLISH, "slack_file_not_visible", under=Circumstances(can_invite=False)).next_step
    assert "nvite" not in outside
    assert "Download it, send it to me" in outside


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule.BLOCKED, "An admin of your workspace can change that."),
        (Rule.OUTSIDERS, "Ask an admin of the workspace that has me."),
        (Rule.GONE, ""),
        (Rule.UNTOLD, "Try again in a minute."),
    ],
)
def test_a_rule_names_those_alone_who_can_change_it(rule: Rule, said: str) -> None:
    assert failure(ENGLISH, code_of(rule)).next_step == said


def test_of_what_nobody_chose_no_admin_is_named() -> None:
    assert "<@U1>" in failure(ENGLISH, code_of(Rule.OUTSIDERS), "U1").next_step
    assert "<@U1>" not in failure(ENGLISH, code_of(Rule.UNTOLD), "U1").next_step
