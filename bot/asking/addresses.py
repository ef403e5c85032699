"""The addresses of a draft's links: sealed beside the draft, and put back where they are needed.

Whoever stores a draft stores what `stored` gives. The draft's own JSON never has the addresses, so that
cards, menus and logs cannot tell them; `open_draft` is for what sends them to sync.so, and `draft_for` for
what shows them to a person.
"""

import json
from typing import TypedDict

from pydantic_core import to_json

from bot.asking.drafts import Draft
from storage.encryption import Cipher, SealedFor
from storage.orders import Order, addresses_at

_GIVEN_BY = "given_by"


class Stored(TypedDict):
    """The two columns of a draft."""

    draft: str
    addresses: SealedFor | None
    """None: no part is a link."""


def stored(draft: Draft, cipher: Cipher, order_id: str, *, given_by: str) -> Stored:
    """A draft as it is stored.

    Args:
        draft: as a person has just filled it.
        cipher: of the app.
        order_id: of the order that it is kept with, the one whose addresses these are.
        given_by: the user who knows these addresses.
    """
    urls = {part: link.url for part, link in draft.links.items() if link.url is not None}
    sealed = None
    if urls:
        sealed = cipher.seal(to_json({**urls, _GIVEN_BY: given_by}).decode(), addresses_at(order_id))
    return {"draft": draft.model_dump_json(), "addresses": sealed}


def handed_on(order: Order, cipher: Cipher, *, to: str) -> SealedFor | None:
    """The addresses of an order's links, for another order that asks for the same; None: it has none.

    Raises:
        Undecryptable: see `open_draft`.
    """
    if order.addresses is None:
        return None
    return cipher.reseal(order.addresses, addresses_at(order.id), to=addresses_at(to))


def open_draft(order: Order, cipher: Cipher) -> Draft:
    """An order's draft, its links with their addresses as far as these are still kept.

    Raises:
        Undecryptable: they were sealed with a key that is no longer given.
    """
    return _opened(order, cipher)[0]


def draft_for(order: Order, user_id: str, cipher: Cipher) -> Draft:
    """An order's draft as this person may see it: an address is shown to nobody but the one who gave it.

    Raises:
        Undecryptable: see `open_draft`.
    """
    draft, given_by = _opened(order, cipher)
    return draft if given_by == user_id else Draft.model_validate_json(order.draft)


def _opened(order: Order, cipher: Cipher) -> tuple[Draft, str | None]:
    draft = Draft.model_validate_json(order.draft)
    if order.addresses is None:
        return draft, None
    urls = json.loads(cipher.open(order.addresses, addresses_at(order.id)))
    given_by = urls.pop(_GIVEN_BY)
    return draft.with_addresses(urls), given_by
