"""The rules of a team, and what is against them. Pure.

Where they are checked: every way in to the use cases asks `bot.teams.gate` first, which answers from memory
alone; what memory does not know passes there. The worker's first step of an order (`drafts`, `preparing`)
looks up what is missing before anything is uploaded or priced, and so does the press on Generate, within
1.5 s: there what cannot be told counts as no. What somebody said yes to goes on whatever the rules become.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.asking.drafts import DEFAULT_MODEL, Draft, Script
from bot.teams.rights import Rule
from storage.data_map import WORDS_KEPT_DAYS
from storage.people import Membership

MOST_KEPT_DAYS = 30
MOST_WORDS_KEPT_DAYS = 365
MOST_WORDS = 100
MOST_APPROVERS = 20
MOST_APPROVALS = 5
MOST_APPROVAL_USD = 100_000
MOST_APPROVAL_HOURS = 30 * 24
_PEOPLE = Annotated[tuple[str, ...], Field(max_length=100)]
_NAME = Annotated[str, Field(max_length=150)]


class Who(StrEnum):
    """Who of the team may use the app."""

    EVERYBODY = "everybody"
    GROUP = "group"
    NAMED = "named"


class Notice(StrEnum):
    """How the asker is told that a video is done."""

    MENTION = "mention"
    """By name above the video, of which Slack tells them."""
    QUIET = "quiet"
    """Without a name: Slack tells those who follow the thread, if anybody."""


class Rules(BaseModel):
    """What a team's admins have set; as the app comes, where they have not.

    What a later version has stored beside it is left alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    who: Who = Who.EVERYBODY
    group: _NAME | None = None
    """The user group, with `Who.GROUP`."""
    people: _PEOPLE = ()
    """Those named, with `Who.NAMED`."""
    guests: bool = False
    outsiders: bool = False
    """People of other organisations, in channels that are shared with them."""
    blocked_people: _PEOPLE = ()
    admins: _PEOPLE = ()
    """Who may change the rules, beside the workspace's own admins."""
    channels: _PEOPLE = ()
    """Empty: everywhere. The app's direct messages are always open."""
    models: tuple[_NAME, ...] = ()
    """Empty: whatever the account has."""
    model: _NAME | None = None
    """What is taken where nobody says which; None: the app's own."""
    voice_id: _NAME | None = None
    """As above; None: the account's first."""
    sync_mode: _NAME | None = None
    """As above; None: sync.so's own."""
    blocked_words: Annotated[tuple[_NAME, ...], Field(max_length=MOST_WORDS)] = ()
    inputs_kept_days: Annotated[int, Field(ge=1, le=MOST_KEPT_DAYS)] = 7
    """How long sync.so keeps the files of an order, from its yes on."""
    consent_required: bool = False
    """Whether it has to be said before the yes who is shown, and on what ground; else it is asked."""
    words_kept_days: Annotated[int, Field(ge=1, le=MOST_WORDS_KEPT_DAYS)] = WORDS_KEPT_DAYS
    """How long scripts, and all else that people wrote, are kept after the end of their order."""
    notice: Notice = Notice.MENTION
    digest_channel: _NAME | None = None
    """Where the figures of each week are told; None: nowhere."""
    zone: _NAME = "UTC"
    """In which the months of the budgets begin, and the weeks of these figures, by its IANA name."""
    approval_from_usd: Annotated[Decimal, Field(ge=0, le=MOST_APPROVAL_USD)] | None = None
    """From this price on, and where no price is known, approvers have to say yes as well; None: never."""
    approvers: Annotated[tuple[str, ...], Field(max_length=MOST_APPROVERS)] = ()
    approvals_needed: Annotated[int, Field(ge=1, le=MOST_APPROVALS)] = 1
    """How many of them."""
    may_approve_own: bool = False
    """Whether an approver's yes counts for what they ask for themselves."""
    approval_hours: Annotated[int, Field(ge=1, le=MOST_APPROVAL_HOURS)] = 72
    """For how long it waits for them."""

    @property
    def inputs_kept_s(self) -> float:
        """The same in seconds."""
        return self.inputs_kept_days * 24 * 3600.0

    @property
    def default_model(self) -> str:
        """The model where nobody says which: one that may be used."""
        if self.model is not None:
            return self.model
        return DEFAULT_MODEL if not self.models or DEFAULT_MODEL in self.models else self.models[0]


class Problem(StrEnum):
    """What can be wrong with rules that somebody wants to save."""

    NOBODY_NAMED = "nobody_named"
    NO_GROUP = "no_group"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    NOT_A_COLLEAGUE = "not_a_colleague"
    """Somebody is named as an admin or approver who is no member of the workspace."""
    TOO_FEW_APPROVERS = "too_few_approvers"
    """More yeses are needed than people are named who could say it."""
    BLOCKED_APPROVER = "blocked_approver"
    """Somebody is kept out and would have to say yes."""
    TOO_MANY_WORDS = "too_many_words"
    LACKS_SCOPE = "lacks_scope"
    """The app was installed without a permission that the rule needs."""
    CANNOT_TELL = "cannot_tell"
    NO_AMOUNT = "no_amount"
    """Of a new limit."""
    NOBODY_LIMITED = "nobody_limited"
    """An amount stands beside nobody and nothing that it is for."""
    NO_SUCH_ZONE = "no_such_zone"
    TOO_MANY_LIMITS = "too_many_limits"


def problems(rules: Rules) -> dict[str, Problem]:
    """What is wrong with rules in themselves, by the names of the fields of `Rules`."""
    wrong: dict[str, Problem] = {}
    if rules.who is Who.NAMED and not rules.people:
        wrong["people"] = Problem.NOBODY_NAMED
    if rules.who is Who.GROUP and rules.group is None:
        wrong["group"] = Problem.NO_GROUP
    if rules.models and rules.model is not None and rules.model not in rules.models:
        wrong["model"] = Problem.MODEL_NOT_ALLOWED
    if rules.approval_from_usd is not None and len(set(rules.approvers)) < rules.approvals_needed:
        wrong["approvers"] = Problem.TOO_FEW_APPROVERS
    if not set(rules.blocked_people).isdisjoint(rules.approvers):
        wrong["approvers"] = wrong["blocked_people"] = Problem.BLOCKED_APPROVER
    return wrong


def against_person(
    rules: Rules, user_id: str, membership: Membership | None, *, in_group: bool | None
) -> Rule | None:
    """The rule that keeps somebody from using the app; None: there is none.

    Args:
        rules: the team's.
        user_id: who.
        membership: what they are there; None: not known.
        in_group: whether they are in the user group of the rules, if these name one; None: not known.

    Returns:
        `Rule.UNTOLD` where it takes what is not known.
    """
    if user_id in rules.blocked_people:
        return Rule.BLOCKED
    if membership is None:
        return Rule.UNTOLD
    if (rule := _NOT_OURS.get(membership)) is not None and not _lets_in(rules, rule):
        return rule
    if rules.who is Who.NAMED and user_id not in rules.people:
        return Rule.PEOPLE
    if rules.who is Who.GROUP and not in_group:
        return Rule.UNTOLD if in_group is None else Rule.PEOPLE
    return None


_NOT_OURS = {
    Membership.GONE: Rule.GONE,
    Membership.OUTSIDER: Rule.OUTSIDERS,
    Membership.GUEST: Rule.GUESTS,
}


def _lets_in(rules: Rules, rule: Rule) -> bool:
    return {Rule.OUTSIDERS: rules.outsiders, Rule.GUESTS: rules.guests}.get(rule, False)


def against_place(rules: Rules, channel_id: str) -> Rule | None:
    """The rule that keeps the app out of a conversation.

    Ids of direct messages begin with D, and a person's own id stands for theirs.
    """
    is_channel = channel_id.startswith(("C", "G"))
    return Rule.CHANNELS if is_channel and rules.channels and channel_id not in rules.channels else None


def against_draft(rules: Rules, draft: Draft) -> Rule | None:
    """The rule that what was asked for is against, as far as it is known yet."""
    if rules.models and (draft.model or rules.default_model) not in rules.models:
        return Rule.MODELS
    if rules.blocked_words and _says_any(rules.blocked_words, draft):
        return Rule.WORDS
    return None


def _says_any(blocked: tuple[str, ...], draft: Draft) -> bool:
    said = (*draft.speeches, *draft.choices)
    texts = [each.text for each in said if isinstance(each, Script)]
    texts += [draft.name or "", draft.project or ""]
    return any(_pattern(blocked).search(_folded(text)) for text in texts)


@lru_cache(maxsize=1_000)
def _pattern(blocked: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of them where it stands as words of its own."""
    words = "|".join(re.escape(folded) for word in blocked if (folded := _folded(word)))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else "(?!)")


def _folded(text: str) -> str:
    """As it is compared: without case, marks of width, or more than one blank in a row."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def allowed(rules: Rules, models: Iterable[str]) -> tuple[str, ...]:
    """Those of the account's models that the team uses; its own list where the account's is not known."""
    if not rules.models:
        return tuple(models)
    return tuple(name for name in models if name in rules.models) or rules.models


def with_defaults(draft: Draft, rules: Rules) -> Draft:
    """The draft with the team's model and sync mode where it names none of its own."""
    return draft.model_copy(
        update={
            "model": draft.model or rules.default_model,
            "sync_mode": draft.sync_mode or rules.sync_mode,
        }
    )
