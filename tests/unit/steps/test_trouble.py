"""The table of troubles, row by row: what becomes of an order or a job, by error and by where it stands."""

import inspect
from collections.abc import Callable
from types import ModuleType

import pytest

from bot import errors as app
from bot.media import errors as media
from bot.messages.failure_words import WORDS
from bot.messages.rule_words import RULE_WORDS
from bot.messages.undelivered import DELIVERY
from bot.slack import errors as slack
from bot.steps.trouble import (
    GIVEN_TIME_S,
    MOST_TRIES,
    MOST_TRIES_TO_BRING,
    TABLE,
    Again,
    Answer,
    Elsewhere,
    Fail,
    Stage,
    Verdict,
    row_of,
    verdict,
)
from bot.sync_api import errors as sync
from bot.teams.rights import Rule, RuledOut
from storage import errors as store

TREES: tuple[ModuleType, ...] = (app, sync, slack, media, store)
LETTERS = {
    "f": Answer.FAIL,
    "r": Answer.RETRY,
    "b": Answer.BRING,
    "w": Answer.WAIT,
    "a": Answer.AWAY,
    "c": Answer.CONNECT,
    "l": Answer.LINE,
    "o": Answer.LOOK,
    "k": Answer.KEEP,
}
STAGES = tuple(Stage)

# unpriced asked sending sent making bringing unresolved; the code it fails with at once; after many tries
EXPECTED = """
JobFailed            f f f f o f k  voice_unknown         -
NotConnected         c f f o o b k  not_connected         not_connected
KeyRefused           c f f o o b k  key_refused           sync_unavailable
KeyWorks             r r l o o b k  -                     sync_unavailable
NotInstalled         f f o o o a k  app_removed           -
TooManyOpen          f f o o o f k  too_many_open         -
RuledOut             f f o o o f k  rule_guests           -
Exception            r r o o o b k  -                     internal
BotError             r r o o o b k  -                     internal
BadSettings          r r o o o b k  -                     internal
Malformed            r r o o o b k  -                     internal
SyncApiError         f f o o o f k  sync_api_error        -
Refused              f f f f o f k  sync_refused          -
Unexplained          f f f o o f k  sync_refused          -
NotAuthorised        f f f o o b k  sync_not_authorised   sync_unavailable
PaymentNeeded        f f f o o b k  account_payment_required  sync_unavailable
RateLimited          r r l o o b k  -                     sync_unavailable
ConcurrencyReached   r r l o o b k  -                     sync_unavailable
Unavailable          r r o o o b k  -                     sync_unavailable
Unreachable          r r l o o b k  -                     sync_unavailable
OutcomeUnknown       r r o o o b k  -                     sync_unavailable
Unreadable           r r o o o b k  -                     sync_unavailable
BadSignature         f f o o o f k  bad_signature         -
SlackError           r r o o o b k  -                     slack_unavailable
SlackUnreachable     r r o o o b k  -                     slack_unavailable
SlackRefused         r r o o o r k  -                     slack_unavailable
SlackBusy            r r o o o b k  -                     slack_unavailable
SlackRateLimited     w w o o o w k  -                     -
PlaceClosed          f f o o o f k  slack_not_allowed     -
ThreadGone           r r o o o r k  -                     slack_unavailable
CardFixed            r r o o o r k  -                     slack_unavailable
FileUnreadable       r r o o o r k  -                     slack_unavailable
FileDeleted          r r o o o r k  -                     slack_unavailable
TooLate              r r o o o r k  -                     slack_unavailable
NotThere             r r o o o r k  -                     slack_unavailable
NotAllowed           f f o o o f k  slack_not_allowed     -
ScopeMissing         f f o o o f k  slack_scope_missing   -
UploadRefused        f f o o o f k  slack_uploads_disabled  -
TokenDead            f f o o o a k  app_removed           -
CallBroken           f f o o o f k  slack_call_broken     -
MediaError           r r o o o b k  -                     media_error
Unusable             f f o o o b k  media_error           media_source_unavailable
NotMedia             f f o o o b k  slack_file_html       media_source_unavailable
IsPage               f f o o o b k  media_web_page        media_source_unavailable
Gone                 f f o o o b k  slack_file_gone       media_source_unavailable
WrongType            f f o o o b k  media_wrong_type      media_source_unavailable
Empty                f f o o o b k  media_empty           media_source_unavailable
TooLarge             f f o o o b k  media_too_large       media_source_unavailable
NoLength             f f o o o b k  media_no_length       media_source_unavailable
WrongLength          f f o o o b k  media_wrong_length    media_source_unavailable
NoRanges             f f o o o b k  media_no_ranges       media_source_unavailable
Redirected           f f o o o b k  media_redirected      media_source_unavailable
UnsafeAddress        f f o o o b k  media_unsafe_address  media_source_unavailable
Interrupted          r r o o o b k  -                     media_error
SourceUnavailable    r r o o o b k  -                     media_source_unavailable
SourceCut            r r o o o b k  -                     media_source_cut
SinkUnavailable      r r o o o b k  -                     media_sink_unavailable
Stalled              r r o o o b k  -                     media_stalled
SinkRefused          r r o o o b k  -                     media_sink_refused
StorageError         r r o o o b k  -                     internal
StorageBusy          r r o o o b k  -                     internal
StorageInUse         r r o o o b k  -                     internal
StorageUnreachable   r r o o o b k  -                     internal
StorageUnreadable    r r o o o b k  -                     internal
StorageFull          r r o o o b k  -                     internal
StorageCorrupt       r r o o o b k  -                     internal
SchemaTooNew         r r o o o b k  -                     internal
UnsupportedDatabase  r r o o o b k  -                     internal
BadEncryptionKey     r r o o o b k  -                     internal
Undecryptable        r r o o o b k  -                     internal
Misplaced            r r o o o b k  -                     internal
"""
ROWS = {cells[0]: cells[1:] for cells in (line.split() for line in EXPECTED.strip().splitlines())}
NAMES = {kind.__name__: kind for kind in TABLE}

MADE: dict[type[Exception], Callable[[], Exception]] = {
    app.JobFailed: lambda: app.JobFailed("voice_unknown"),
    app.TooManyOpen: lambda: app.TooManyOpen(20),
    RuledOut: lambda: RuledOut(Rule.GUESTS, ("U1",)),
    app.BadSettings: lambda: app.BadSettings(("a line",)),
    media.Gone: lambda: media.Gone(403),
    media.WrongType: lambda: media.WrongType("text/plain"),
    media.TooLarge: lambda: media.TooLarge(2, 1),
    media.WrongLength: lambda: media.WrongLength(2, 1),
    media.Stalled: lambda: media.Stalled("sink", 10),
    media.SinkRefused: lambda: media.SinkRefused(400, "no"),
}


def made(kind: type[Exception]) -> Exception:
    """One of these errors, as it is raised."""
    if kind in MADE:
        return MADE[kind]()
    if issubclass(kind, sync.SyncApiError):
        return kind()
    if issubclass(kind, slack.SlackRefused):
        return kind("files.info", "some_code", needed="files:write")
    return kind("in words")


def said(kind: type[Exception], stage: Stage, *, attempts: int = 0, age_s: float = 0.0) -> Verdict:
    return verdict(made(kind), stage, attempts=attempts, age_s=age_s)


def errors_of(module: ModuleType) -> list[type[Exception]]:
    return [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    ]


@pytest.mark.parametrize("kind", [kind for tree in TREES for kind in errors_of(tree)])
def test_every_class_of_every_tree_has_a_line_of_its_own(kind: type[Exception]) -> None:
    assert kind in TABLE


def test_the_table_has_the_lines_that_are_expected_here_and_no_others() -> None:
    assert NAMES.keys() == ROWS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_a_line_says_what_becomes_of_it_at_each_stage(name: str) -> None:
    expected = [LETTERS[letter] for letter in ROWS[name][: len(STAGES)]]

    assert [TABLE[NAMES[name]].at(stage) for stage in STAGES] == expected


@pytest.mark.parametrize("name", ROWS)
def test_a_line_fails_in_words_that_people_are_told(name: str) -> None:
    *_, at_once, at_last = ROWS[name]
    kind, stages = NAMES[name], [stage for stage in STAGES if TABLE[NAMES[name]].at(stage) is Answer.FAIL]
    codes = {answer.code for stage in stages if isinstance(answer := said(kind, stage), Fail)}
    assert codes == {at_once} - {"-"}

    many = MOST_TRIES_TO_BRING
    tired = [stage for stage in STAGES if TABLE[kind].at(stage) in {Answer.RETRY, Answer.BRING}]
    late = {answer.code for stage in tired if isinstance(answer := said(kind, stage, attempts=many), Fail)}
    assert late == {at_last} - {"-"}


OURS = {"sync_api_error", "sync_refused", "bad_signature", "too_many_open", "voice_unknown"}
"""Codes whose words stand elsewhere, or that are general."""


@pytest.mark.parametrize("name", ROWS)
def test_each_code_of_the_table_has_words(name: str) -> None:
    codes = set(ROWS[name][-2:]) - {"-"} - OURS

    assert codes <= WORDS.keys() | RULE_WORDS.keys() | DELIVERY.keys()


@pytest.mark.parametrize("kind", TABLE)
def test_no_error_ends_what_sync_so_may_be_making_for_money(kind: type[Exception]) -> None:
    """Only sync.so's own refusal does, and a step that has found out that it can never end well."""
    may_end = {app.JobFailed, sync.Refused}
    for stage in (Stage.SENT, Stage.MAKING, Stage.UNRESOLVED):
        for attempts in (0, 10_000):
            answer = said(kind, stage, attempts=attempts)
            is_ended = isinstance(answer, Fail)
            assert not is_ended or (stage is Stage.SENT and kind in may_end)


@pytest.mark.parametrize("kind", TABLE)
def test_nothing_goes_back_into_the_line_that_may_have_been_taken(kind: type[Exception]) -> None:
    never_taken = {sync.RateLimited, sync.ConcurrencyReached, sync.Unreachable, app.KeyWorks}
    for stage in STAGES:
        goes_back = said(kind, stage) is Elsewhere.LINE
        assert goes_back == (stage is Stage.SENDING and kind in never_taken)


@pytest.mark.parametrize(
    ("answer", "stage", "kind", "tries"),
    [
        (Answer.RETRY, Stage.ASKED, sync.Unavailable, MOST_TRIES),
        (Answer.RETRY, Stage.BRINGING, slack.SlackRefused, MOST_TRIES),
        (Answer.BRING, Stage.BRINGING, slack.SlackBusy, MOST_TRIES_TO_BRING),
    ],
)
def test_tries_are_counted_wait_longer_and_longer_and_come_to_an_end(
    answer: Answer, stage: Stage, kind: type[Exception], tries: int
) -> None:
    assert TABLE[kind].at(stage) is answer

    answers = [said(kind, stage, attempts=attempts) for attempts in range(tries)]

    waits = [each.wait_s for each in answers if isinstance(each, Again) and each.counts]
    assert len(waits) == tries - 1
    assert waits == sorted(waits)
    assert isinstance(answers[-1], Fail)


def test_what_may_be_made_is_looked_for_until_a_person_decides() -> None:
    for attempts in (0, 10_000):
        assert isinstance(said(KeyError, Stage.SENT, attempts=attempts, age_s=GIVEN_TIME_S), Again)
    assert said(KeyError, Stage.SENT, age_s=GIVEN_TIME_S + 1) is Elsewhere.PERSON
    assert said(KeyError, Stage.UNRESOLVED, age_s=GIVEN_TIME_S + 1) is Elsewhere.NOWHERE


def test_a_wait_that_is_asked_for_is_no_failed_try() -> None:
    error = slack.SlackRateLimited("files.info", "ratelimited", 30.0)

    assert verdict(error, Stage.BRINGING, attempts=10_000, age_s=0.0) == Again(120.0, counts=False)
    assert verdict(error, Stage.ASKED, attempts=0, age_s=0.0) == Again(30.0, counts=False)


def test_a_wait_that_sync_so_asks_for_is_kept() -> None:
    error = sync.Unavailable(retry_after_s=77.0)

    assert verdict(error, Stage.ASKED, attempts=0, age_s=0.0) == Again(77.0, counts=True)


def test_a_class_without_a_line_is_as_its_nearest_base() -> None:
    assert row_of(KeyError("slip")) is TABLE[Exception]
    assert row_of(TimeoutError()) is TABLE[Exception]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (app.JobFailed("voice_ambiguous", "Ann, Bob"), Fail("voice_ambiguous", "Ann, Bob")),
        (
            slack.ScopeMissing("files.info", "missing_scope", needed="files:read"),
            Fail("slack_scope_missing", "files:read"),
        ),
        (slack.NotAllowed("x", "org_login_required"), Fail("slack_not_allowed", "org_login_required")),
        (slack.PlaceClosed("chat.update", "is_archived"), Fail("slack_not_allowed", "is_archived")),
        (slack.CallBroken("chat.update", "invalid_blocks"), Fail("slack_call_broken", "invalid_blocks")),
        (slack.UploadRefused("x", "storage_limit_reached"), Fail("slack_storage_full", None)),
        (slack.UploadRefused("x", "file_upload_size_restricted"), Fail("slack_upload_too_large", None)),
        (sync.Refused(code="a_code", suggestion="Do this.", message="no"), Fail("a_code", "Do this.")),
        (sync.Refused(code="a_code", message="No."), Fail("a_code", "No.")),
    ],
)
def test_what_may_be_shown_beside_a_code_goes_with_it(error: Exception, expected: Fail) -> None:
    assert verdict(error, Stage.ASKED, attempts=0, age_s=0.0) == expected
