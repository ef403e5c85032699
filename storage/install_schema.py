"""The tables of where the app is installed, and of installs that have only begun.

For what comments say see `storage.schema`.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, Double, Index, Table

from storage.columns import AnyText, Secret
from storage.metadata import metadata

installations = Table(
    "installations",
    metadata,
    Column(
        "id", AnyText, primary_key=True
    ),  # the team's id, or the organisation's where it was installed for all of it
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText),  # NULL: installed for a whole organisation
    Column("team_name", AnyText, nullable=False),
    Column("app_id", AnyText, nullable=False),
    Column("bot_id", AnyText, nullable=False),
    Column("bot_user_id", AnyText, nullable=False),
    Column("bot_token", Secret("installations", "bot_token")),  # NULL: Slack has taken it back
    Column("refresh_token", Secret("installations", "refresh_token")),  # NULL: the token does not expire
    Column("expires_at", Double),  # NULL: as above
    Column("scopes", AnyText, nullable=False),  # comma-separated, as Slack gives them
    Column("installed_by", AnyText),  # NULL: its token stands in the settings
    Column("installed_at", Double, nullable=False),
    Column("removed_at", Double),  # NULL: it is installed
    Column("due_at", Double),  # when its token is tried or renewed; NULL: it has none
    Column("lease_token", AnyText),  # NULL: nobody does so now
    CheckConstraint("id = coalesce(team_id, enterprise_id)", name="owner"),
)

Index("ix_installations_due", installations.c.due_at)

# What Slack last told of a workspace whose organisation has the app: the app is in it, or not any more.
team_access = Table(
    "team_access",
    metadata,
    Column("enterprise_id", AnyText, primary_key=True),  # each speaks of itself alone
    Column("team_id", AnyText, primary_key=True),
    Column("granted", Boolean, nullable=False),
    Column("told_at", Double, nullable=False),  # when it happened, by Slack's clock
)

# Of no team yet: installs that somebody has begun in a browser. Neither can be read back.
install_states = Table(
    "install_states",
    metadata,
    Column("state_hash", AnyText, primary_key=True),
    Column("browser_hash", AnyText, nullable=False),
    Column("expires_at", Double, nullable=False),
)

Index("ix_install_states_old", install_states.c.expires_at)
