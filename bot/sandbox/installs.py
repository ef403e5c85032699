"""The sandbox's workspaces beside the first, as installs and connected accounts leave them."""

import secrets
import time
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from bot.keys import encryption_keys
from bot.sandbox.fake_slack import TeamConfig
from bot.sandbox.fake_sync import Org
from bot.sandbox.world import APP_ID
from bot.settings import Settings
from bot.sync_api.models import Account
from bot.teams.keys import Keys
from storage.database import migrate, open_database
from storage.encryption import Cipher
from storage.installations import Installation, Installations
from storage.schema import installations as rows


async def install_other_teams(
    environment: Mapping[str, str],
    teams: Sequence[TeamConfig],
    api_keys: Mapping[str, str],
    orgs: Mapping[str, Org],
) -> None:
    """The first team comes from the settings; the others are rows, as an install would leave them.

    One that was there before is left as its people have made it since.
    """
    settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
    async with open_database(settings.database_url) as database:
        await migrate(database)
        cipher = Cipher(encryption_keys(settings))
        installations = Installations(database, cipher)
        keys = Keys(database, cipher, new_id=lambda: secrets.token_hex(16), clock=time.monotonic)
        async with database.read() as conn:
            known = set((await conn.execute(select(rows.c.id))).scalars())
        now = time.time()
        for team in (each for each in teams[1:] if each.bot_token and each.id not in known):
            await installations.save(
                Installation(
                    id=team.id,
                    enterprise_id=None,
                    team_id=team.id,
                    team_name=team.name,
                    app_id=APP_ID,
                    bot_id=team.bot_id,
                    bot_user_id=team.bot_user_id,
                    bot_token=team.bot_token,
                    scopes=(),
                    installed_at=now,
                ),
            )
            api_key = api_keys[team.id]
            told = Account(organization_id=orgs[api_key].id, organization_name=orgs[api_key].name)
            await keys.put(team.id, api_key, told, by=None, now=now)
