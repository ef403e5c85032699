"""The page of an admin's Home that tells what was done: as a table, and the last of it in words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from babel.dates import format_datetime

from bot.messages import blocks
from bot.messages.blocks import Block
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, Callback
from bot.messages.text import CHANNELS, channel, cut, date, escape, one_line, usd, user
from storage.audit import OPERATOR
from storage.audit import Action as Deed
from storage.audit_lately import Done

SHOWN = 50
"""The last rows."""
_IN_WORDS = 10
_A_PAGE = 10
_MORE = 100
"""Characters of a reason."""
_NOTHING = "–"

DEEDS: Mapping[str, str] = {
    Deed.CONFIRMED: N_("said yes to a price"),
    Deed.APPROVED: N_("approved a video"),
    Deed.DECLINED: N_("declined a video"),
    Deed.CANCELLED: N_("cancelled a video"),
    Deed.ASKED_AGAIN: N_("asked for the same again"),
    Deed.ASKED_ANOTHER: N_("began another version"),
    Deed.DELETED: N_("deleted a video"),
    Deed.FORGET_ASKED: N_("asked for the deletion of a person's data"),
    Deed.FORGOTTEN: N_("had a person's data deleted"),
    Deed.OBJECTED: N_("objected to being shown"),
    Deed.OBJECTION_WITHDRAWN: N_("withdrew an objection"),
    Deed.GIVEN_UP: N_("gave up on a video"),
    Deed.INSTALLED: N_("installed the app"),
    Deed.UNINSTALLED: N_("removed the app"),
    Deed.KEY_CONNECTED: N_("connected a sync.so account"),
    Deed.KEY_REPLACED: N_("replaced the sync.so key"),
    Deed.KEY_REMOVED: N_("removed the sync.so key"),
    Deed.RULES_CHANGED: N_("changed the settings"),
    Deed.PAUSED: N_("stopped new videos"),
    Deed.RESUMED: N_("let new videos go on"),
    Deed.DIFFERENCE_CLOSED: N_("closed a difference in the ledger"),
    Deed.LIMITS_CHANGED: N_("changed budgets"),
    Deed.ALLOWANCE_GIVEN: N_("always allows something from now on"),
    Deed.ALLOWANCE_ENDED: N_("ended what an approver always allowed"),
    Deed.NOT_REACHED: N_("could not reach an approver"),
    Deed.CONSENT_SAID: N_("said who is shown, and on what ground"),
}


def audit_page(t: Words, done: Sequence[Done], now: float) -> Block:
    """The view (Slack: `views.publish`). Whoever sees no table reads the last of it in words.

    Args:
        t: The reader's words.
        done: What was done, the newest first; at most `SHOWN`.
        now: Seconds since the epoch.
    """
    told = t(
        "Who said yes to what, and who changed what holds for all, the newest first. Each row is tied to the "
        "one before it, so that a change shows. Whoever runs the app gets all of it by `lipsync-bot audit`."
    )
    title = t("The last in words")
    last = "\n".join((f"*{title}*", *(f"• {_line(t, each)}" for each in done[:_IN_WORDS])))
    shown = [
        blocks.header(t("Audit log")),
        blocks.section(told),
        *([_table(t, done)] if done else []),
        blocks.section(last if done else t("Nothing was done yet.")),
        blocks.actions([blocks.button(t("Back"), Action.HOME_NEWEST, "newest")]),
        blocks.context(t("As of {moment}", moment=date(t, now))),
    ]
    return {"type": "home", "callback_id": Callback.HOME, "blocks": shown}


def _line(t: Words, done: Done) -> str:
    where = _channel(done)
    more = [escape(each) for each in _more(t, done)] + ([] if where is None else [channel(where)])
    return " · ".join((date(t, done.at), _person(t, done), escape(_deed(t, done)), *more))


def _table(t: Words, done: Sequence[Done]) -> Block:
    """Sorted and turned page by page by whoever reads it (Slack: data table block, at most 201 rows)."""
    head = [_text(name) for name in (t("When"), t("Who"), t("What"), t("More"))]
    rows = [[_moment(t, each), _who(t, each), _text(_deed(t, each)), _rest(t, each)] for each in done]
    return {
        "type": "data_table",
        "caption": t("What was done, the newest first"),
        "page_size": _A_PAGE,
        "rows": [head, *rows],
    }


def _deed(t: Words, done: Done) -> str:
    known = DEEDS.get(done.action)
    return cut(one_line(done.action), 80) if known is None else t(known)


def _person(t: Words, done: Done) -> str:
    return _nobody(t, done) or user(done.actor or "")


def _who(t: Words, done: Done) -> Block:
    nobody = _nobody(t, done)
    return _text(nobody) if nobody else _rich([{"type": "user", "user_id": done.actor}])


def _nobody(t: Words, done: Done) -> str | None:
    """What stands for somebody who has no name in Slack; None: they have."""
    if done.actor is None:
        return t("no name is kept") if done.is_removed else t("the app by itself")
    return t("whoever runs the app") if done.actor == OPERATOR else None


def _more(t: Words, done: Done) -> list[str]:
    """What else is to be known, as plain text: sum, key, reason."""
    told = []
    sum_usd, last_four = done.details.get("usd"), done.details.get("last_four")
    reason = done.personal.get("reason")
    if isinstance(sum_usd, str) and (amount := _amount(sum_usd)) is not None:
        told.append(usd(t, amount))
    if done.action == Deed.APPROVED and "allowance" in done.details:
        told.append(t("always allowed, so not asked"))
    if isinstance(last_four, str):
        told.append(t("ends in {last_four}", last_four=one_line(last_four)))
    if isinstance(reason, str) and reason.strip():
        told.append(f"“{cut(one_line(reason), _MORE)}”")
    return told


def _amount(told: str) -> Decimal | None:
    try:
        return Decimal(told)
    except InvalidOperation:
        return None


def _channel(done: Done) -> str | None:
    found = done.personal.get("channel")
    return found if isinstance(found, str) and found.startswith(CHANNELS) else None


def _rest(t: Words, done: Done) -> Block:
    told, where = ", ".join(_more(t, done)), _channel(done)
    if where is None:
        return _text(told or _NOTHING)
    place = {"type": "channel", "channel_id": where}
    return _rich([{"type": "text", "text": f"{told}, "}, place] if told else [place])


def _moment(t: Words, done: Done) -> Block:
    fallback = format_datetime(datetime.fromtimestamp(done.at, UTC), "dd MMM y, HH:mm", locale=t.locale)
    shown = {"format": "{date_short} {time}", "fallback": f"{fallback} UTC"}
    return _rich([{"type": "date", "timestamp": int(done.at), **shown}])


def _text(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def _rich(parts: Sequence[Block]) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}
