"""What people read of their files, as far as the app could look at them."""

import pytest

from bot.asking.contents import why_not
from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, SlackFile
from bot.asking.file_kinds import Medium
from bot.messages.catalogue import ENGLISH
from bot.messages.seen import seen_words
from bot.probe.behind import Behind
from bot.probe.facts import Facts

LINK = Link(url="https://example.com/clip.mp4")
FILE = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=9)
READ = PreparedInput(behind=Behind(9, '"1"'))
UNREAD = PreparedInput()


def film(width: int | None, height: int | None) -> PreparedInput:
    facts = Facts(container="mov", width=width, height=height, has_picture=True)
    return PreparedInput(facts=facts, behind=Behind(9))


@pytest.mark.parametrize(
    ("width", "height", "told"),
    [
        (7_680, 4_320, True),
        (4_320, 7_680, True),
        (4_097, 100, True),
        (2_161, 2_161, True),
        (4_096, 2_160, False),
        (2_160, 4_096, False),
        (None, None, False),
    ],
)
def test_a_picture_over_syncs_limit_is_told(width: int | None, height: int | None, *, told: bool) -> None:
    words = seen_words(
        ENGLISH, Draft(video=LINK, speech=FILE), Prepared(video=film(width, height), audio=UNREAD), 4.0
    )
    assert bool(words) is told
    if told:
        assert words[0].startswith(
            f"Your clip has {width} × {height} pixels; sync.so takes up to 4096 × 2160"
        )


@pytest.mark.parametrize(
    ("draft", "prepared", "words"),
    [
        (Draft(video=FILE, speech=FILE), Prepared(video=UNREAD, audio=UNREAD), ""),
        (Draft(video=LINK, speech=LINK), Prepared(video=READ, audio=READ), ""),
        (Draft(video=LINK, speech=FILE), Prepared(video=UNREAD, audio=UNREAD), "behind the link:"),
        (Draft(video=LINK, speech=LINK), Prepared(video=READ, audio=UNREAD), "behind the link:"),
        (Draft(video=LINK, speech=LINK), Prepared(video=UNREAD, audio=UNREAD), "behind the links:"),
        (Draft(video=LINK, speech=LINK), Prepared(), "behind the links:"),
    ],
)
def test_of_links_that_could_not_be_read_it_says_so(draft: Draft, prepared: Prepared, words: str) -> None:
    told = " ".join(seen_words(ENGLISH, draft, prepared, None))
    assert words in told
    assert bool(told) is bool(words)


@pytest.mark.parametrize(
    ("facts", "medium", "code"),
    [
        (Facts(container="mov", has_picture=True), "video", None),
        (Facts(container="mov", has_picture=True), "audio", "media_no_sound"),
        (Facts(container="mov", has_picture=True, has_sound=True), "audio", None),
        (Facts(container="mp3", has_sound=True), "video", "slack_file_no_pictures"),
        (Facts(container="image"), "video", "slack_file_picture"),
        (Facts(container="image"), "audio", "slack_file_picture"),
    ],
)
def test_what_cannot_be_seen_or_heard_serves_for_nothing(
    facts: Facts, medium: Medium, code: str | None
) -> None:
    assert why_not(facts, medium) == code


@pytest.mark.parametrize(
    ("frames", "video_s", "speech_s", "told"),
    [
        (1, 0.04, 5.0, ["to see"]),
        (1, 5.0, 5.0, ["to see"]),
        (None, 0.04, 5.0, ["to see"]),
        (50, 2.0, 0.02, ["to hear"]),
        (1, 0.04, 0.02, ["to see", "to hear"]),
        (10, 0.4, 0.4, []),
        (None, None, None, []),
    ],
)
def test_next_to_nothing_is_told_before_it_is_paid_for(
    frames: int | None, video_s: float | None, speech_s: float | None, told: list[str]
) -> None:
    facts = Facts(container="mov", frames=frames, duration_s=video_s, has_picture=True)
    prepared = Prepared(video=PreparedInput(facts=facts), audio=PreparedInput(duration_s=speech_s))
    lines = seen_words(ENGLISH, Draft(video=FILE, speech=FILE), prepared, 4.0)
    assert len(lines) == len(told)
    for line, word in zip(lines, told, strict=True):
        assert f"so short that there is hardly anything {word}" in line


HOUR_S = 3_600.0
FULL_HD = Facts(container="mov", width=1_920, height=1_080, fps=25, has_picture=True)


@pytest.mark.parametrize(
    ("clip_bytes", "facts", "result_s", "told"),
    [
        (900_000_000, FULL_HD, 20 * 60.0, True),
        (900_000_000, FULL_HD, 10 * 60.0, False),
        (100_000_000, FULL_HD, HOUR_S, False),  # so few bytes a second that they do not become that many
        (900_000_000, None, HOUR_S, True),
        (900_000_000, FULL_HD, None, False),
    ],
)
def test_a_result_that_may_be_over_slacks_limit_is_told(
    clip_bytes: int, facts: Facts | None, result_s: float | None, *, told: bool
) -> None:
    clip = FILE.model_copy(update={"size": clip_bytes})
    prepared = Prepared(video=PreparedInput(duration_s=HOUR_S / 3, facts=facts), audio=UNREAD)
    words = " ".join(seen_words(ENGLISH, Draft(video=clip, speech=FILE), prepared, result_s))
    assert ("larger than the 1 GB that Slack takes" in words) is told


def test_of_a_clip_behind_a_link_its_servers_word_on_the_size_counts() -> None:
    video = PreparedInput(duration_s=HOUR_S, behind=Behind(900_000_000))
    told = [
        " ".join(
            seen_words(ENGLISH, Draft(video=LINK, speech=FILE), Prepared(video=each, audio=UNREAD), HOUR_S)
        )
        for each in (video, video.model_copy(update={"behind": Behind(None)}))
    ]
    assert ["1 GB" in words for words in told] == [True, False]
