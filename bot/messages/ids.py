"""The names that tie what Slack shows to what it sends back: callbacks, actions, blocks, button values."""

from enum import StrEnum
from typing import NamedTuple

FILE_PREFIX = "file:"
"""Begins the value of a choice that stands for a Slack file."""


class Callback(StrEnum):
    """Views and shortcuts; the shortcuts' ids are also in manifest.yml."""

    FORM = "lipsync_form"
    FORM_OPTIONS = "lipsync_form_options"
    MESSAGE_SHORTCUT = "lipsync_message"
    GLOBAL_SHORTCUT = "lipsync_global"
    HOME = "lipsync_home"
    SETTINGS = "lipsync_settings"
    SETTINGS_PAGE = "lipsync_settings_page"
    DECLINE = "lipsync_decline"
    CONSENT = "lipsync_consent"
    CLOSE_DIFFERENCE = "lipsync_close_difference"


class Action(StrEnum):
    """What a person can press or choose."""

    GENERATE = "generate"
    """Spend the estimate; the value is `order:offer`."""
    CHANGE = "change"
    """Open the form for this order again."""
    CANCEL = "cancel"
    ASK_FOR_MORE = "ask_for_more"
    """Have those asked who can raise a budget; the value is `order:offer`."""
    APPROVE = "approve"
    """Say yes to what somebody else asked for; the value is the gate's id."""
    DECLINE = "decline"
    """Open the form that asks why not; as above."""
    ALLOW = "allow"
    """Say yes to what will be like it; the value is `gate:micro-dollars`, up to which."""
    CONSENT = "consent"
    """Open the form that asks who is shown, and on what ground."""
    CONSENT_GROUND = "consent_ground"
    """Same as its field, since a choice in it changes which fields there are."""
    CONSENT_MORE = "consent_more"
    """One person more in that form."""
    CONSENT_FEWER = "consent_fewer"
    OBJECT = "object"
    """Object to being shown; the value is the order that named whoever presses."""
    WITHDRAW_OBJECTION = "withdraw_objection"
    """The same in reverse; the value is as above, or `home`."""
    RERUN = "rerun"
    """A new order with the same inputs: a new price, a new yes."""
    ANOTHER = "another"
    """A new order, its form filled from this one."""
    CHOOSE_SPEECH = "choose_speech"
    """Open the form for a draft that has its video."""
    PICK = "pick"
    """Settle which of several things a draft says; the value is `order:index`."""
    CHECK = "check"
    """Look again whether sync.so took an unresolved job; the value is `order:job`."""
    GIVE_UP = "give_up"
    """End an unresolved job; the value is `order:job`."""
    DOWNLOAD = "download"
    """Ask for a fresh link to a finished video."""
    DELETE = "delete_video"
    """Delete what was asked for and what came of it."""
    PART = "part"
    """Choose what to do with one of several videos; the option's value is `action:order:job`."""
    LIST_OLDER = "list_older"
    """The next page of one's own videos; the value is `filter:created_at:order`."""
    USAGE_CSV = "usage_csv"
    """Send what was spent as a file to one's direct message."""
    FORGET_PERSON = "forget_person"
    FORGET_ME = "forget_me"
    """Delete all that is kept of whoever presses."""
    HOME_USAGE = "home_usage"
    """The page of one's Home that shows what was spent."""
    HOME_AUDIT = "home_audit"
    """The page of an admin's Home that shows what was done."""
    HOME_AS_MEMBER = "home_as_member"
    """Show an admin their Home as somebody sees theirs who is none."""
    HOME_AS_ADMIN = "home_as_admin"
    """Back from there."""
    HOME_ALLOWED = "home_allowed"
    """The page of one's Home that shows what approvers always allow."""
    TAKE_BACK = "home_take_back"
    """Allow something no more; the value is the allowance's id."""
    HOME_START = "home_start"
    """Open an empty form from the Home."""
    HOME_HELP = "home_help"
    HOME_NEWEST = "home_newest"
    """The first page of one's Home."""
    HOME_OLDER = "home_older"
    """Its next page; the value is `created_at:order`."""
    SETTINGS = "settings"
    """Show the team's settings, to admins."""
    SETTINGS_PAGE = "settings_page"
    """Open one of their pages; the value is a `Page`, or that of `limit_value`."""
    LEDGER = "ledger"
    """Show where the ledger and sync.so's record do not meet, to admins."""
    CLOSE_DIFFERENCE = "close_difference"
    """Ask why one of these is closed; the value is `kind:generation`."""
    HOME_CONNECT = "home_connect"
    """Ask for the link to the page that connects sync.so; for admins."""
    PAUSE = "home_pause"
    """Stop all new spending; for admins."""
    RESUME = "home_resume"
    """Let it go on."""
    OPEN_LINK = "open_link"
    """A button that opens a page by itself; Slack tells of it all the same."""
    FORM_VIDEO = "form_video"
    """Same as the field of that name, since a choice in it comes as an action."""
    FORM_SPEECH = "form_speech"
    FORM_MORE = "form_more"
    """Open the form for what most people leave as it is."""
    FORM_TRY_AGAIN = "form_try_again"
    """Look again whether the files of the form can be read."""


class Field(StrEnum):
    """Fields of the form: each is the block_id, and the action_id of its one element."""

    VIDEO = "form_video"
    VIDEO_LINK = "video_link"
    VIDEO_UPLOAD = "video_upload"
    SPEECH = "form_speech"
    SCRIPT = "script"
    SCRIPT_MORE = "script_more"
    SCRIPT_FILE = "script_file"
    VOICE = "voice"
    STABILITY = "stability"
    SIMILARITY = "similarity"
    AUDIO_LINK = "audio_link"
    AUDIO_UPLOAD = "audio_upload"
    MODEL = "model"
    SYNC_MODE = "sync_mode"
    NAME = "name"
    PROJECT = "project"


class Page(StrEnum):
    """The pages of the team's settings."""

    PEOPLE = "people"
    MAKING = "making"
    BUDGETS = "budgets"
    APPROVALS = "approvals"
    AFTER = "after"


class Setting(StrEnum):
    """Fields of these pages: each is the block_id, and the action_id of its one element."""

    WHO = "setting_who"
    GROUP = "setting_group"
    PEOPLE = "setting_people"
    OTHERS = "setting_others"
    BLOCKED = "setting_blocked"
    CHANNELS = "setting_channels"
    MODELS = "setting_models"
    MODEL = "setting_model"
    VOICE = "setting_voice"
    SYNC_MODE = "setting_sync_mode"
    WORDS = "setting_words"
    CONSENT = "setting_consent"
    DAYS = "setting_days"
    WORDS_DAYS = "setting_words_days"
    NOTICE = "setting_notice"
    DIGEST = "setting_digest"
    ADMINS = "setting_admins"
    APPROVAL_FROM = "setting_approval_from"
    APPROVERS = "setting_approvers"
    APPROVALS = "setting_approvals"
    APPROVE_OWN = "setting_approve_own"
    APPROVAL_HOURS = "setting_approval_hours"
    LIMIT = "setting_limit"
    """Followed by a colon and a budget's scope: its limit."""
    LIMIT_PEOPLE = "setting_limit_people"
    LIMIT_CHANNELS = "setting_limit_channels"
    LIMIT_MODELS = "setting_limit_models"
    LIMIT_USD = "setting_limit_usd"
    ZONE = "setting_zone"


class OfPerson(StrEnum):
    """Fields of the form that asks who is shown; followed by a colon and which person, from 0."""

    GROUND = "consent_ground"
    USER = "consent_user"
    NAME = "consent_name"


class Reply(StrEnum):
    """Fields of what an approver answers, or whoever closes a difference, as above."""

    REASON = "reply_reason"
    SUM = "reply_sum"
    """What a video cost, in US dollars."""


MOST_REASON = 500
"""Characters of a reason."""
MOST_SUM_USD = 10_000
"""More than any video can cost."""


class Source(StrEnum):
    """Where a video or the speech comes from; a Slack file is `file:ID` instead."""

    SCRIPT = "script"
    LONG_SCRIPT = "long_script"
    TEXT_FILE = "text_file"
    LINK = "link"
    UPLOAD = "upload"


class ButtonValue(NamedTuple):
    """What a button of the card carries."""

    order_id: str
    detail: str | None
    """What of the order it is about: an offer, a job, a choice; None: the order is enough."""


def button_value(order_id: str, detail: str | None = None) -> str:
    """Opaque ids only: price, owner and files stay in the database."""
    return order_id if detail is None else f"{order_id}:{detail}"


def read_button(value: str) -> ButtonValue:
    """The ids in a button's value."""
    order_id, _, detail = value.partition(":")
    return ButtonValue(order_id, detail or None)


def option_value(action: Action, order_id: str, detail: str) -> str:
    """A choice in a menu that does what a button would: its action, and the button's own value."""
    return f"{action}:{button_value(order_id, detail)}"


def read_option(value: str) -> tuple[str, str]:
    """The action, and the value of the button that it stands for."""
    action, _, of_button = value.partition(":")
    return action, of_button


def limit_field(scope: str) -> str:
    """The field of a budget's limit, by its scope."""
    return f"{Setting.LIMIT}:{scope}"


def limit_value(scope: str) -> str:
    """What the button carries that opens the page of one budget's limit."""
    return f"{Page.BUDGETS}:{scope}"


def scope_of_field(name: str) -> str | None:
    """The scope of a budget that a field is about; None: it is about something else."""
    field, _, scope = name.partition(":")
    return scope if field == Setting.LIMIT and scope else None


def person_field(field: OfPerson, number: int) -> str:
    """The field about one of those who are shown."""
    return f"{field}:{number}"


def file_value(file_id: str) -> str:
    """The value of the choice that stands for a Slack file."""
    return FILE_PREFIX + file_id
