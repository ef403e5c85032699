"""The page of the settings on what comes after a video: what is kept and told, and who the admins are."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from bot.messages import blocks
from bot.messages.blocks import Block, Choice, input_field
from bot.messages.catalogue import N_, Words
from bot.messages.digest import digest_field, digest_told
from bot.messages.ids import Setting
from bot.messages.settings_words import many_users, named
from bot.teams.rules import Notice, Rules

_DAYS = (1, 3, 7, 14, 30)
_WORDS_DAYS = (1, 7, 30, 90, 180, 365)
_NOTICES: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.MENTION: N_("The person who asked is named above the video."),
        Notice.QUIET: N_("The video comes without naming anybody."),
    }
)


def after_told(t: Words, rules: Rules) -> list[str]:
    """What holds now."""
    kept = t.n(
        "I have your files deleted at sync.so {count} day after Generate.",
        "I have your files deleted at sync.so {count} days after Generate.",
        rules.inputs_kept_days,
    )
    words_kept = t.n(
        "Scripts, and all else that people wrote, are deleted {count} day after the video.",
        "Scripts, and all else that people wrote, are deleted {count} days after the video.",
        rules.words_kept_days,
    )
    told = t(_NOTICES[rules.notice])
    admins = t("Admins beside those of the workspace: {people}.", people=named(t, rules.admins))
    return [
        kept,
        words_kept,
        told,
        *digest_told(t, rules.digest_channel),
        *([admins] if rules.admins else []),
    ]


def _days(t: Words, offered: Collection[int], chosen: int) -> list[Choice]:
    days = sorted({*offered, chosen})
    return [Choice(str(day), t.n("{count} day", "{count} days", day)) for day in days]


def after_page(t: Words, rules: Rules) -> list[Block]:
    """The fields."""
    kept = _days(t, _DAYS, rules.inputs_kept_days)
    notices = [Choice(each, t(_NOTICES[each])) for each in Notice]
    return [
        input_field(
            Setting.DAYS,
            t("How long sync.so keeps your files after Generate"),
            blocks.menu(kept, initial=str(rules.inputs_kept_days)),
            hint=t(
                "So that Try again and Make another version need no new upload. Links are kept for a week."
            ),
        ),
        input_field(
            Setting.WORDS_DAYS,
            t("How long scripts are kept after a video is done"),
            blocks.menu(_days(t, _WORDS_DAYS, rules.words_kept_days), initial=str(rules.words_kept_days)),
            hint=t(
                "With them go titles, file names and whatever else people wrote; the video stays where it "
                "was posted, and what it cost stays in the books."
            ),
        ),
        input_field(Setting.NOTICE, t("When a video is done"), blocks.menu(notices, initial=rules.notice)),
        digest_field(t, rules.digest_channel),
        input_field(
            Setting.ADMINS,
            t("Admins beside those of the workspace"),
            many_users(rules.admins),
            hint=t("They can change everything here, and whose sync.so account pays."),
            optional=True,
        ),
    ]
