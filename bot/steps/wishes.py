"""Wishes: what an order asks for, opened, as every step that asks sync.so about it wants it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.asking.addresses import open_draft
from bot.asking.drafts import Draft, Prepared
from bot.asking.plan import Take, plan
from storage.encryption import Cipher
from storage.jobs import Job
from storage.orders import Order


@dataclass(frozen=True, slots=True)
class Wish:
    """An order with its draft, the videos that are made of it, and its inputs as they were prepared."""

    order: Order
    draft: Draft
    takes: tuple[Take, ...]
    prepared: Prepared

    def take_of(self, job: Job) -> Take:
        """The video that a job makes."""
        return self.takes[job.position]

    def of(self, job: Job) -> tuple[Draft, Prepared]:
        """The draft of one job's video and its inputs."""
        take = self.take_of(job)
        return take.draft, take.prepared(self.prepared)

    def prepared_with(self, changed: Mapping[int, Prepared | None]) -> Prepared:
        """All inputs, with those that are others now, by the place of their video; None: they are not."""
        prepared = self.prepared
        for position, now in changed.items():
            if now is not None:
                prepared = self.takes[position].put(prepared, now)
        return prepared


def wish_of(order: Order, cipher: Cipher) -> Wish:
    """Open what an order asks for.

    Raises:
        Undecryptable: its links were sealed with a key that is no longer given.
    """
    draft = open_draft(order, cipher)
    return Wish(order, draft, plan(draft), Prepared.model_validate_json(order.prepared))
