"""Whose job is next: people who share a sync.so account take turns. Pure."""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Person = tuple[str, str]
"""Team and user."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in its account's line."""

    job_id: str
    team_id: str
    user_id: str
    confirmed_at: float
    """Seconds since the epoch; a person's own jobs go in this order."""
    held: bool = False
    """A worker has taken it and not given it back, so that it has a slot already."""

    @property
    def person(self) -> Person:
        """Whose turn it takes."""
        return self.team_id, self.user_id


def in_turns(
    waiting: Iterable[Waiting], *, running: Mapping[Person, int], last_turns: Mapping[Person, float]
) -> Iterator[Waiting]:
    """The line in the order in which it is served: what has a slot already, then one job a person in turn.

    The next turn is always of whom has the fewest jobs running; of those, of whom had the last turn the
    longest ago; of those, of whom said yes first. So nobody waits for all of another person's jobs.

    Args:
        waiting: the line, in any order.
        running: how many jobs each person has running.
        last_turns: when each person last had a turn; who is not in it, never had one.
    """
    own: dict[Person, deque[Waiting]] = defaultdict(deque)
    for job in sorted(waiting, key=lambda job: (job.confirmed_at, job.job_id)):
        if job.held:
            yield job
        else:
            own[job.person].append(job)
    never = float("-inf")
    # A turn that is given here comes after all turns that were ever had, and after those given before it.
    turns = [
        (running.get(person, 0), 0, last_turns.get(person, never), jobs[0].confirmed_at, person)
        for person, jobs in own.items()
    ]
    heapq.heapify(turns)
    given = 0
    while turns:
        has_running, _, _, _, person = heapq.heappop(turns)
        yield own[person].popleft()
        given += 1
        if own[person]:
            next_one = own[person][0]
            heapq.heappush(turns, (has_running + 1, 1, float(given), next_one.confirmed_at, person))
