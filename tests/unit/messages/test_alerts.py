"""What is wrong with a form as a whole stands above its fields, whole, and once."""

import pytest

from bot.messages.alerts import ALERT_LIMIT, alert, with_alert
from bot.sandbox.fake_slack.block_kit.blocks import check_view

FORM = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "A form"},
    "blocks": [{"type": "section", "block_id": "field", "text": {"type": "mrkdwn", "text": "Words"}}],
}
SENTENCE = "Somebody has changed this meanwhile, and *nothing. Of it* was saved here at all. "


@pytest.mark.parametrize(
    "text",
    [
        "Press Save once more.",
        (SENTENCE * 5).strip(),
        "*" + SENTENCE.replace("*", "") * 4 + "*",
        "x" * 500,
        "One link: <https://example.com/a.?b. c|" + "here. " * 60 + ">.",
    ],
)
def test_nothing_of_it_is_lost_however_long_it_is(text: str) -> None:
    shown = alert(text)

    assert check_view({**FORM, "blocks": shown}, "modal") == []
    said, *more = [block["text"]["text"] for block in shown]
    assert len(said) <= ALERT_LIMIT
    assert " ".join([said, *more]) == text or more == [text]


def test_it_is_parted_between_sentences_and_within_nothing_that_is_bold() -> None:
    said, more = (block["text"]["text"] for block in alert((SENTENCE * 3).strip()))

    assert said == (SENTENCE * 2).strip()
    assert more == SENTENCE.strip()


def test_what_is_told_next_takes_the_place_of_what_was_told() -> None:
    long = with_alert(FORM, SENTENCE * 5)

    assert with_alert(long, "Press Save once more.") == with_alert(FORM, "Press Save once more.")
    assert with_alert(long, "Press Save once more.")["blocks"][1:] == FORM["blocks"]
