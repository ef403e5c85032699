"""What is said in the conversation about a card in a thread: its question, and how to answer it there."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from bot.asking.drafts import Draft
from bot.messages.catalogue import ENGLISH
from bot.messages.places import card_in_own_thread
from storage.orders import Conversation, OrderStatus
from tests.block_limits import message_problems
from tests.unit.messages.builders import AUDIO, DRAFT, SCRIPT, VIDEO, an_order, drafts, markup

LINK = "https://acme.slack.com/archives/D1/p1?thread_ts=1.0&cid=D1"
IN_THREAD = f"<{LINK.replace('&', '&amp;')}|in its thread>"


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (
            Draft(video=VIDEO),
            f"What should clip.mp4 say? Write it or send audio here in the next 10 minutes, or {IN_THREAD}.",
        ),
        (
            Draft(speech=AUDIO),
            f"Which video should say hello.mp3? Send it here in the next 10 minutes, or {IN_THREAD}.",
        ),
        (
            Draft(video=VIDEO, choices=(AUDIO, SCRIPT)),
            f"You sent more than clip.mp4 can say at once. Choose {IN_THREAD}.",
        ),
        (
            DRAFT,
            (
                f"clip.mp4 will say “Hello everybody”. The price comes {IN_THREAD}; "
                "nothing is charged before you press *Generate* there."
            ),
        ),
    ],
)
def test_the_question_comes_with_the_way_to_answer_it(draft: Draft, words: str) -> None:
    job = an_order(OrderStatus.DRAFT, draft=draft, conversation=Conversation.DIRECT_MESSAGE)

    assert card_in_own_thread(ENGLISH, job, LINK).text == words


def test_a_channel_is_answered_with_a_mention() -> None:
    job = an_order(OrderStatus.DRAFT, draft=Draft(video=VIDEO))
    job = replace(job, conversation=Conversation.CHANNEL)

    assert card_in_own_thread(ENGLISH, job, LINK).text.endswith(f"Answer {IN_THREAD}, and mention me there.")


def test_what_failed_at_once_is_told_as_that() -> None:
    job = an_order(OrderStatus.FAILED, draft=DRAFT)

    assert "that did not work, and nothing was charged" in card_in_own_thread(ENGLISH, job, LINK).text


@given(draft=drafts)
@settings(max_examples=settings().max_examples * 5 // 10)
def test_whatever_a_file_or_a_script_is_called_nobody_else_is_called(draft: Draft) -> None:
    message = card_in_own_thread(ENGLISH, an_order(OrderStatus.DRAFT, draft=draft), LINK)

    assert message_problems(message.text, message.blocks) == []
    assert markup(message.text) <= {IN_THREAD}
