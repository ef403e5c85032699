"""What the database holds about people: every column, what it is for, and how long it is kept. Pure.

The one table for whatever deletes by time (`storage.lives`), for a person (`storage.departures`) and with a
workspace (`storage.purging`); `docs/data.md` is written from it. A test fails for a column that is not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

DAY_S = 24 * 3600.0
LINKS_KEPT_S: Final = 7 * DAY_S - 3600.0
"""From the end of an order's last job, for Try again and Make another version: seven days less an hour, to
be there in time."""
ANSWERS_KEPT_S: Final = 2 * 3600.0
"""Slack tries to deliver an event for about an hour (Slack: Events API, retries)."""
WORDS_KEPT_DAYS: Final = 90
"""Where the team has not set another number."""
DELETED_ROWS_KEPT_S: Final = DAY_S
"""What Slack delivers once more finds the row of its order, though nothing is in it."""
ROWS_KEPT_S: Final = 365 * DAY_S
LOG_KEPT_S: Final = 400 * DAY_S
"""A year of whoever audits, and the time that they take."""
HOMES_KEPT_S: Final = 90 * DAY_S
PEOPLE_KEPT_S: Final = 90 * DAY_S
FILES_KEPT_S: Final = 90 * DAY_S
UNRESOLVED_KEPT_S: Final = 7 * DAY_S
"""Of a video of which nobody knows what became, when its asker's data is to go: then it is given up."""
REQUESTS_KEPT_S: Final = 30 * DAY_S
"""What somebody did that counts is told in the log with their name for so long, whatever they ask for."""


@dataclass(frozen=True, slots=True)
class Ends:
    """When what is kept goes: in words for the docs."""

    by_time: str
    by_person: str
    """When a person has their data deleted."""
    by_removal: str
    """When the app is removed from the workspace, at the latest a week later."""


_GOES = "goes"
_WITH_ORDER = "goes with the order"


class Life(Enum):
    """How long something is kept."""

    WORDS = Ends(
        f"{WORDS_KEPT_DAYS} days after the end of its order, or as many as the team has set", _GOES, _GOES
    )
    LINKS = Ends("a week after the end of the order's last video; encrypted until then", _GOES, _GOES)
    BODY = Ends("the end of its video; encrypted until then", _WITH_ORDER, _GOES)
    ROW = Ends("a year after the order's words; of a deleted order, a day", "goes after a day", _GOES)
    FILE = Ends(
        "a day after it was last asked for, or as many days after Generate as the team has set",
        "goes where no other order needs it",
        _GOES,
    )
    ANSWER = Ends("two hours; what could not be said yet, a day", "goes by time", _GOES)
    MINUTES = Ends("its end, some minutes after it was made", "goes by time", _GOES)
    HOME = Ends("90 days after it was last opened", _GOES, _GOES)
    MET = Ends("90 days after Slack last told it", _GOES, _GOES)
    SHARED = Ends("90 days after it was shown to the app", _GOES, _GOES)
    BOOKS = Ends(
        "never; names go before",
        "a pseudonym that leads back to nobody takes its place when the month is over",
        "a pseudonym that leads back to nobody takes its place",
    )
    BOOKS_WORDS = Ends("never", "stays: it names no person", _GOES)
    LOG = Ends("400 days; the row stays, with a hash", "goes after 30 days", _GOES)
    SETTING = Ends("until somebody changes it", "stays: it holds for all", _GOES)
    ALLOWED = Ends("until it is taken back, or they approve no more", _GOES, _GOES)
    OBJECTION = Ends("until they withdraw it", _GOES, _GOES)
    ASKED_FOR = Ends("the end of the deletion that somebody asked for, 30 days at the least", _GOES, _GOES)


@dataclass(frozen=True, slots=True)
class Held:
    """Of one column that holds something about people: what it is for, and how long it is kept."""

    why: str
    life: Life


_ASKER = Held("whose order it is: who may press, and be told", Life.ROW)
_PLACE = Held("where the card and the video are shown", Life.ROW)
_LINK_ADMIN = Held("which admin connects a sync.so account, by a link of ten minutes", Life.MINUTES)

PERSONAL: Final[Mapping[str, Mapping[str, Held]]] = {
    "orders": {
        "request_key": Held("that one request makes one order; may name a message", Life.ROW),
        "joined_key": Held("the same of a request that brought the rest", Life.ROW),
        "user_id": _ASKER,
        "channel_id": _PLACE,
        "thread_ts": _PLACE,
        "draft": Held("what is to be made: script, names of files, hosts of links", Life.WORDS),
        "addresses": Held("links whole, so that sync.so can fetch them", Life.LINKS),
        "prepared": Held("what was found of the files, so that nothing is looked up twice", Life.WORDS),
        "parts": Held("what was offered, with labels made of the words", Life.WORDS),
        "confirmed_by": Held("who said yes to the price", Life.ROW),
        "failure_detail": Held("why it failed, in a sentence for its asker", Life.WORDS),
    },
    "jobs": {
        "label": Held("tells one video of an order from another; made of the words", Life.WORDS),
        "user_id": _ASKER,
        "failure_detail": Held("why it failed, in a sentence for its asker", Life.WORDS),
        "generation_id": Held("names the video at sync.so", Life.ROW),
        "slack_file_id": Held("names the video in Slack", Life.ROW),
    },
    "bodies": {"request_body": Held("what sync.so is sent, word for word", Life.BODY)},
    "cards": {
        "id": Held("of a Home and an approver's card: names the person", Life.HOME),
        "user_id": Held("whose card it is", Life.ROW),
        "channel": _PLACE,
        "ts": _PLACE,
        "link": _PLACE,
    },
    "gates": {
        "approvers": Held("who is asked to approve", Life.ROW),
        "closed_by": Held("who declined", Life.ROW),
        "unreached": Held("who could not be asked", Life.ROW),
        "reason": Held("why, in words for the asker", Life.WORDS),
        "raised": Held("which budgets a yes raised, persons' among them", Life.ROW),
    },
    "gate_answers": {"user_id": Held("who approved", Life.ROW)},
    "allowances": {
        "user_id": Held("which approver always allows something", Life.ALLOWED),
        "channel_id": Held("where", Life.ALLOWED),
    },
    "consents": {
        "ground": Held("on what ground face and voice may be used", Life.ROW),
        "user_id": Held("who of the workspace is shown", Life.ROW),
        "name": Held("who else is shown, as a release has it", Life.ROW),
        "said_by": Held("who said so", Life.ROW),
    },
    "objections": {"user_id": Held("who objects to being shown in what others ask for", Life.OBJECTION)},
    "objected_videos": {
        "source": Held("which videos that concerns; names the file in Slack", Life.OBJECTION),
        "user_id": Held("who objects to being shown in them", Life.OBJECTION),
    },
    "consent_videos": {"source": Held("of which video it was said; names the file in Slack", Life.ROW)},
    "inputs": {
        "source": Held("names the file in Slack, or a link by its hash", Life.FILE),
        "address": Held("the link whole, so that it can be looked at again", Life.FILE),
        "asset_id": Held("names the file at sync.so", Life.FILE),
        "found": Held("length, rate and size of the file", Life.FILE),
        "failure_detail": Held("why it cannot be used, in a sentence", Life.FILE),
    },
    "order_inputs": {"order_id": Held("which order needs which file", Life.FILE)},
    "leftovers": {"id": Held("names what is to be deleted at sync.so or in Slack", Life.FILE)},
    "ledger": {
        "user_id": Held("who spent it: budgets, reports, taxes", Life.BOOKS),
        "channel_id": Held("where; of a direct message, a person's", Life.BOOKS),
        "project": Held("what for, as its asker calls the project", Life.BOOKS_WORDS),
    },
    "budgets": {"scope": Held("whose budget: a person, a channel, a model, the team", Life.BOOKS)},
    "budget_warnings": {"scope": Held("the same, of a warning", Life.BOOKS)},
    "limits": {
        "scope": Held("for whom an admin has set a limit", Life.SETTING),
        "set_by": Held("which admin set it", Life.SETTING),
    },
    "differences": {
        "closed_by": Held("which admin settled it", Life.BOOKS),
        "reason": Held("why, in the admin's words", Life.BOOKS_WORDS),
    },
    "audit": {
        "personal": Held("who did what that counts", Life.LOG),
        "salt": Held("keeps the hash of that from being tried out", Life.LOG),
    },
    "people": {
        "user_id": Held("who has met the app", Life.MET),
        "membership": Held("owner, admin, member, guest or outsider: what they may do", Life.MET),
    },
    "rules": {
        "rules": Held("what admins have set, with the people they name", Life.SETTING),
        "changed_by": Held("who changed it last", Life.SETTING),
    },
    "pauses": {
        "by": Held("who has stopped new spending, for those who wait", Life.SETTING),
        "reason": Held("why, in their words", Life.SETTING),
    },
    "shared_files": {
        "user_id": Held("whose recent files the form offers", Life.SHARED),
        "file_id": Held("names the file in Slack", Life.SHARED),
        "name": Held("what it is called there", Life.SHARED),
    },
    "answers": {
        "key": Held("that a message is answered once; names it", Life.ANSWER),
        "channel_id": Held("where the answer goes", Life.ANSWER),
        "user_id": Held("whom it is for", Life.ANSWER),
        "thread_ts": Held("where the answer goes", Life.ANSWER),
        "text": Held("the answer, until it is said", Life.ANSWER),
        "blocks": Held("the same, as Slack shows it", Life.ANSWER),
    },
    "departures": {
        "user_id": Held("who has asked to have their data deleted", Life.ASKED_FOR),
        "pseudonym": Held("what stands in the books in their place", Life.ASKED_FOR),
    },
    "connect_tokens": {"user_id": _LINK_ADMIN, "user_name": _LINK_ADMIN},
    "connect_sessions": {"user_id": _LINK_ADMIN, "user_name": _LINK_ADMIN},
    "installations": {"installed_by": Held("who installed the app, to be told of trouble", Life.SETTING)},
    "sync_keys": {"account_name": Held("what the team calls its sync.so account", Life.SETTING)},
}

_PLAIN: Final[Mapping[str, str]] = {
    "orders": """id enterprise_id team_id conversation status offer_id offer_usd expires_at confirmed_at
        accepted_usd failure_code due_at lease_token attempts slow created_at updated_at ended_at
        forgotten""",
    "jobs": """id order_id position enterprise_id team_id account_key status estimate_usd idempotency_key
        generation_status submitted_at phase failure_code pricing_since priced_at repriced_usd cost_usd
        billed_frames due_at lease_token attempts slow created_at updated_at ended_at""",
    "bodies": "job_id",
    "cards": """enterprise_id team_id kind order_id moved revision shown place due_at lease_token quiet_until
        updated_at opened_at page as_member""",
    "gates": """id order_id owner_id enterprise_id team_id offer_id kind state needed opened_at ends_at
        closed_at""",
    "consents": "order_id position enterprise_id team_id said_at told_at",
    "consent_videos": "order_id team_id at",
    "gate_answers": "gate_id team_id at allowance_id",
    "allowances": "id owner_id enterprise_id team_id model most_usd at",
    "objections": "enterprise_id team_id made_at due_at reached",
    "objected_videos": "team_id",
    "inputs": """id enterprise_id team_id account_key kind status size sent_bytes begun_at told_at come_at
        failure_code due_at lease_token attempts delete_at""",
    "order_inputs": "input_id",
    "leftovers": "kind enterprise_id team_id account_key left_at refusal due_at lease_token attempts",
    "ledger": """order_id position kind ref at month owner_id team_id model held_delta spent_delta why
        finished_at""",
    "budgets": "owner_id month raised held spent",
    "budget_warnings": "owner_id month limit_usd used_usd due_at",
    "limits": "owner_id limit_usd set_at",
    "digests": "owner_id week due_at refused_at posting_at",
    "bills": """job_id enterprise_id team_id account_key generation_id opened_at availability total_usd
        billed_frames finished_at listed_at due_at lease_token attempts""",
    "differences": """generation_id kind owner_id account_key order_id position ours theirs found_at told_at
        closed_at""",
    "elsewhere": "account_key generation_id key_name known finished_at night_at",
    "export_keys": "account_key name owner_id learnt_at",
    "reviews": "account_key since_at until_at start_at end_at cursor due_at lease_token attempts",
    "audit": "team_id seq at action subject details personal_hash prev_hash hash",
    "audit_heads": "team_id seq hash",
    "departures": "enterprise_id team_id asked_at due_at",
    "people": "installation_id told_at",
    "rules": "installation_id revision",
    "pauses": "scope_id by_operator at",
    "holders": "id beat_at",
    "shared_files": "enterprise_id team_id media mimetype size shared_at",
    "answers": "enterprise_id team_id lasting private asked_at due_at",
    "accounts": "key concurrency rate_limited_until room room_until looked_at",
    "sync_keys": "id owner_id account_key api_key last_four connected_at replaced_at refused_at",
    "connect_tokens": "token_hash owner_id enterprise_id team_id expires_at",
    "connect_sessions": "session_hash token_hash owner_id enterprise_id team_id opened_at expires_at",
    "install_states": "state_hash browser_hash expires_at",
    "installations": """id enterprise_id team_id team_name app_id bot_id bot_user_id bot_token refresh_token
        expires_at scopes installed_at removed_at due_at lease_token""",
    "team_access": "enterprise_id team_id granted told_at",
}
PLAIN: Final = {table: frozenset(names.split()) for table, names in _PLAIN.items()}
"""What tells of nobody: ids that the app makes, states, times, sums, and secrets of the app's own."""
