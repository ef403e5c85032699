"""Private words, help and the video's comment: within Slack's limits, and telling what to do."""

import inspect
from collections.abc import Callable

import pytest
from hypothesis import given

from bot.asking.drafts import Draft, Link, Script
from bot.messages import blocks, delivery, fields, notices, presses
from bot.messages.about import About
from bot.messages.blocks import Message
from bot.messages.catalogue import ENGLISH, Words
from bot.messages.help import help_message
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from tests.block_limits import message_problems
from tests.unit.messages.builders import DRAFT, EVERY_STATUS, HOSTILE, SCRIPT, VIDEO, a_job, drafts, markup

EVERY_NOTICE: dict[str, Callable[[str], Message]] = {
    "goes_together": lambda text: notices.goes_together(
        ENGLISH, DRAFT.model_copy(update={"speech": Script(text=text, voice_id=None)}), None
    ),
    "not_understood": lambda _: notices.not_understood(ENGLISH, "Because.", notices.SPEECH_EXAMPLE),
    "greeting": lambda _: notices.greeting(ENGLISH),
    "you_are_welcome": lambda _: notices.you_are_welcome(ENGLISH),
    "settled_already": lambda _: notices.settled_already(ENGLISH),
    "only_this_workspace": lambda _: presses.only_this_workspace(ENGLISH),
    "only_the_asker": lambda _: presses.only_the_asker(ENGLISH, "U1"),
    "already_used": lambda _: presses.already_used(ENGLISH, JobStatus.QUEUED),
    "too_late": lambda _: presses.too_late(ENGLISH),
    "too_late_to_cancel": lambda _: presses.too_late_to_cancel(ENGLISH, JobStatus.PROCESSING),
    "not_installed": lambda _: notices.not_installed(ENGLISH),
    "old_card": lambda _: presses.old_card(ENGLISH, "C1"),
    "price_changed": lambda _: presses.price_changed(ENGLISH),
    "account_changed": lambda _: presses.account_changed(ENGLISH),
    "price_expired": lambda _: presses.price_expired(ENGLISH),
    "not_found": lambda _: presses.not_found(ENGLISH),
    "download_link": lambda text: presses.download_link(ENGLISH, "https://cdn.example/v.mp4?a=1&b=2", text),
    "no_download_link": lambda text: presses.no_download_link(ENGLISH, text),
    "unusable_file": lambda text: notices.unusable_file(ENGLISH, "slack_file_wrong_type", text),
    "mention_me_with": lambda _: notices.mention_me_with(ENGLISH, "U9", in_thread=True),
    "nothing_to_do": lambda _: notices.nothing_to_do(ENGLISH),
    "went_wrong": lambda text: notices.went_wrong(ENGLISH, text),
    "not_connected": lambda _: notices.not_connected(ENGLISH),
    "key_refused": lambda _: notices.key_refused(ENGLISH),
    "not_confirmed": lambda text: notices.not_confirmed(ENGLISH, text),
    "not_taken": lambda text: notices.not_taken(ENGLISH, text),
    "too_many_open": lambda _: notices.too_many_open(ENGLISH, 20),
    "takes_longer": lambda _: notices.takes_longer(ENGLISH),
    "asked_for_more_already": lambda _: presses.asked_for_more_already(ENGLISH),
    "looking_again": lambda _: presses.looking_again(ENGLISH),
    "open_form": lambda _: notices.open_form(ENGLISH, "J1"),
    "say": lambda _: notices.say("Words."),
    "help": lambda _: help_message(ENGLISH, About("Q", "q@example.com")),
}


def test_every_notice_is_tried_here() -> None:
    made = {
        name
        for module in (notices, presses)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and inspect.signature(function).return_annotation is Message
    }
    assert made <= EVERY_NOTICE.keys()


@pytest.mark.parametrize("name", EVERY_NOTICE)
@pytest.mark.parametrize("text", ["clip.mp4", HOSTILE, "字" * 900, "&" * 900])
def test_no_notice_is_refused_by_slack(name: str, text: str) -> None:
    message = EVERY_NOTICE[name](text)
    assert message_problems(message.text, message.blocks) == []


@pytest.mark.parametrize("name", EVERY_NOTICE)
def test_user_text_makes_no_markup_in_a_notice(name: str) -> None:
    assert markup(EVERY_NOTICE[name](HOSTILE).text) == markup(EVERY_NOTICE[name]("clip.mp4").text)


def test_a_very_long_link_is_given_as_text() -> None:
    message = presses.download_link(ENGLISH, "https://cdn.example/" + "s" * blocks.URL_LIMIT, "clip")
    assert message.blocks == []
    assert "s" * blocks.URL_LIMIT in message.text


def test_a_stranger_is_told_who_may_press() -> None:
    assert "<@U1>" in presses.only_the_asker(ENGLISH, "U1").text
    assert "Nothing was changed" in presses.only_the_asker(ENGLISH, "U1").text


@pytest.mark.parametrize("words", [presses.already_used, presses.too_late_to_cancel])
@pytest.mark.parametrize("status", EVERY_STATUS)
def test_a_late_press_is_told_the_truth_about_the_job(
    words: Callable[[Words, OrderStatus | JobStatus], Message], status: OrderStatus | JobStatus
) -> None:
    message = words(ENGLISH, status)
    assert message_problems(message.text, message.blocks) == []
    text = message.text
    assert ("nothing was charged" in text) == (status in {JobStatus.CANCELLED, OrderStatus.EXPIRED})
    assert ("cancelled" in text) == (status == JobStatus.CANCELLED)
    assert ("in the thread" in text) == (status is JobStatus.DELIVERED)
    under_way = {JobStatus.QUEUED, JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.DELIVERING}
    assert "on its way" not in text or status in under_way
    assert "making it" not in text or status is JobStatus.PROCESSING


def test_a_second_generate_is_told_that_the_video_is_on_its_way() -> None:
    assert "on its way" in presses.already_used(ENGLISH, JobStatus.QUEUED).text
    assert "not known" in presses.already_used(ENGLISH, JobStatus.UNRESOLVED).text


def test_a_bad_line_comes_with_one_that_works() -> None:
    assert notices.EXAMPLE in notices.bad_command(ENGLISH, "No.")


def test_what_is_over_shows_its_count() -> None:
    assert fields.script_too_long(ENGLISH, 5_214) == "5,214 of 5,000 characters. Please cut 214 characters."
    assert fields.script_too_long(ENGLISH, 5_001).endswith("cut 1 character.")


def test_the_comment_mentions_the_asker_once_and_carries_the_transcript() -> None:
    words = delivery.comment(ENGLISH, a_job(JobStatus.DELIVERING), DRAFT)
    assert words.count("<@U1>") == 1
    assert "Spring welcome" in words
    assert "It says: “Hello everybody”" in words


@given(drafts)
def test_no_video_can_call_a_channel(draft: Draft) -> None:
    words = delivery.comment(ENGLISH, a_job(JobStatus.DELIVERING), draft)
    assert markup(words) == {"<@U1>"}
    assert len(words) < 4_000
    assert delivery.title(ENGLISH, draft).strip()
    assert delivery.file_name(ENGLISH, draft, a_job(JobStatus.DELIVERING)).endswith(".mp4")
    assert not set(delivery.file_name(ENGLISH, draft, a_job(JobStatus.DELIVERING))) & set('/\\:*?"<>|\n')


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (Draft(video=VIDEO, name="Spring welcome"), "Spring welcome.mp4"),
        (Draft(video=VIDEO, name="v1.2/final.MOV"), "v1.2 final.mp4"),
        (Draft(video=VIDEO), "clip-lipsync.mp4"),
        (Draft(video=VIDEO, speech=SCRIPT), "clip, Rachel.mp4"),
        (Draft(video=Link(url="https://example.com/v.mp4")), "v-lipsync.mp4"),
        (Draft(video=Link(url="https://example.com/watch")), "Lip-sync.mp4"),
        (Draft(video=VIDEO, name="???"), "lipsync.mp4"),
        (Draft(video=VIDEO, name="こんにちは"), "こんにちは.mp4"),
    ],
)
def test_the_file_is_named_so_that_it_can_be_saved(draft: Draft, name: str) -> None:
    assert delivery.file_name(ENGLISH, draft, a_job(JobStatus.DELIVERING)) == name


@pytest.mark.parametrize(
    ("name", "label", "title", "file"),
    [
        (None, "intro.mp4", "intro.mp4", "03 intro.mp4"),
        (None, "intro.mp4 (2)", "intro.mp4 (2)", "03 intro.mp4 (2).mp4"),
        ("Spring", "“Hi there”", "Spring: “Hi there”", "03 Spring “Hi there”.mp4"),
        (None, "???", "???", "03 lipsync.mp4"),
    ],
)
def test_one_of_several_comes_under_its_label(name: str | None, label: str, title: str, file: str) -> None:
    draft = Draft(video=VIDEO, speech=SCRIPT, name=name)
    job = a_job(JobStatus.DELIVERING, label=label, position=2)

    assert delivery.title(ENGLISH, draft, label) == title
    assert delivery.file_name(ENGLISH, draft, job) == file
    assert delivery.comment(ENGLISH, job, draft).startswith(f"<@U1>, here is your video: {title}.\nIt says:")


def test_a_long_script_is_cut_in_the_comment() -> None:
    draft = Draft(video=VIDEO, speech=Script(text="word " * 1_000, voice_id="v"))
    assert len(delivery.comment(ENGLISH, a_job(JobStatus.DELIVERING), draft)) < 800
