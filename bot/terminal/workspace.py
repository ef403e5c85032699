"""What commands of an operator share: the database, and the workspace that is meant."""

import click

from bot.data_folder import prepare_data_folder
from bot.settings import Settings
from storage.database import Database, open_database
from storage.installations import Installation


def opened(settings: Settings) -> Database:
    """The database, in a folder that is there and for nobody else to read."""
    prepare_data_folder(settings)
    return open_database(settings.database_url)


def chosen(installed: list[Installation], team_id: str | None) -> Installation:
    """The installation of that id, or the only one. Raises click.ClickException, in words."""
    if not installed:
        raise click.ClickException(
            "The app is installed nowhere yet: start it once with `lipsync-bot serve`."
        )
    meant = [each for each in installed if team_id in {None, each.id}]
    if len(meant) == 1:
        return meant[0]
    lines = "\n".join(f"  • {each.id}  {each.team_name}" for each in installed)
    if team_id is None:
        raise click.ClickException(f"Say which workspace by --team:\n{lines}")
    raise click.ClickException(f"The app is not installed in {team_id}. It is in:\n{lines}")
