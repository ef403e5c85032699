"""What an organization has in its library, and what the service has deleted or forgotten of it."""

from collections.abc import Callable
from uuid import UUID

from bot.sandbox.fake_sync.blobs import Links
from bot.sandbox.fake_sync.config import Org
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.problems import problem
from bot.sandbox.fake_sync.state import Asset, State


class Library:
    """Finds assets; what is gone is gone under each of its addresses.

    How long the service keeps what was uploaded is said nowhere: it may forget it at any time.
    """

    def __init__(self, state: State, links: Links, faults: Faults, clock: Callable[[], float]) -> None:
        self._state, self._links, self._faults, self._clock = state, links, faults, clock

    def of(self, org: Org) -> list[Asset]:
        """All that an organization has, in the order in which it came."""
        self._grow_old(org)
        return [asset for asset in self._state.assets.values() if asset.org_id == org.id]

    def asset(self, asset_id: str, org: Org, *, field: str | None = None) -> Asset:
        """The asset of an id, which a request names in `field`.

        Raises:
            Problem: no such asset, or another organization's.
        """
        self._grow_old(org)
        asset = self._state.assets.get(checked_id(asset_id, "invalid_asset_id_format"))
        if asset is None:
            raise problem("asset_not_found", field=field)
        if asset.org_id != org.id:
            raise problem("asset_forbidden", field=field)
        return asset

    def forget(self, asset: Asset) -> None:
        """Delete an asset; no link leads to its file any more, and it cannot be registered again."""
        self._state.assets.pop(asset.id, None)
        if asset.upload_id is not None:
            self._state.uploads.pop(asset.upload_id, None)
            self._links.withdraw(asset.url)

    def _grow_old(self, org: Org) -> None:
        """Where the switch is on, forget what has become old by now."""
        forgetful = self._faults.peek("assets_forgotten")
        if forgetful is None:
            return
        until = self._clock() - float(forgetful["after_s"])
        old = [
            each for each in self._state.assets.values() if each.org_id == org.id and each.created_at <= until
        ]
        if old and self._faults.strikes("assets_forgotten"):
            for asset in old:
                self.forget(asset)


def checked_id(text: str, code: str) -> str:
    """Return the id in its canonical form.

    Raises:
        Problem: it is not a UUID.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise problem(code) from None
