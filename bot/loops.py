"""What is looked at now and then, beside the worker's lanes."""

from collections.abc import Coroutine
from typing import Any

from bot.steps.approvers import Approvers
from bot.steps.bill import Bills
from bot.steps.departures import Departures
from bot.steps.differ import Differ
from bot.steps.digest import Digests
from bot.steps.forgetting import Forgetting
from bot.steps.leftovers import Leftovers
from bot.steps.other_payers import OtherPayers
from bot.steps.refusals import Refusals
from bot.steps.removals import Removals
from bot.steps.review import Reviews
from bot.steps.stopping import Stopping
from bot.steps.tokens import Tokens
from bot.steps.tools import Tools
from bot.steps.warn import Warn


def loops_of(tools: Tools) -> list[Coroutine[Any, Any, None]]:
    """Each until it is cancelled."""
    return [
        Forgetting(tools.database, clock=tools.clock).run(),
        Bills(tools).run(),
        Leftovers(tools).run(),
        Reviews(tools).run(),
        Differ(tools).run(),
        Departures(tools).run(),
        Stopping(tools).run(),
        Removals(tools).run(),
        OtherPayers(tools).run(),
        Refusals(tools).run(),
        Warn(tools).run(),
        Approvers(tools).run(),
        Digests(tools).run(),
        Tokens(tools, tools.renewal).run(),
    ]
