"""Every way into the app, as its own tables name them."""

from collections.abc import Collection
from dataclasses import fields
from typing import NamedTuple

import click
from starlette.routing import BaseRoute

from handlers.routing import Routes


class Door(NamedTuple):
    """A kind of request, and the name that it is looked up by."""

    kind: str
    name: str


def of_slack(routes: Routes) -> set[Door]:
    """What Slack can send."""
    return {Door(table.name, str(name)) for table in fields(routes) for name in getattr(routes, table.name)}


def of_web(routes: Collection[BaseRoute]) -> set[Door]:
    """What anybody can ask for over HTTP."""
    return {Door("web", str(getattr(route, "path", route))) for route in routes}


def of_terminal(main: click.Group) -> set[Door]:
    """What an operator can type."""
    return {Door("terminal", name) for name in main.commands}
