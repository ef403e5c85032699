"""The verdict on a crash run: what the fakes recorded, held against what was asked and confirmed. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.crash.board import Card, Face
from tests.crash.books import Books, Log


@dataclass(frozen=True, slots=True)
class Ask:
    """One wish of a person, and how often they had to say it until the app had heard it."""

    tag: int
    user: str
    sent: int
    heard: bool
    takes: int = 1
    """So many videos it asks for."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button of a card, pressed; `answered` if the app said that it had it."""

    job: str
    action: str
    user: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A generation that sync.so took, and so one that is paid for."""

    id: str
    job: str
    status: str
    billed: int
    """Micro-dollars, by sync.so's record."""
    part: str = "00"
    """Which of its order's videos it is."""
    take: int | None = None
    """Which of the videos of its ask it is, by its name; None: that does not tell."""


@dataclass(frozen=True, slots=True)
class Video:
    """A video that the app brought into a thread."""

    channel: str
    root: str
    take: int | None = None
    """As above."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is judged. Nothing in it comes from the app itself, but for its books and its audit log."""

    asks: Sequence[Ask]
    cards: Sequence[Card]
    presses: Sequence[Press]
    generations: Sequence[Made]
    videos: Sequence[Video]
    books: Books
    log: Log
    refused: frozenset[tuple[str, str]] = frozenset()
    """Parts of orders whose create call sync.so refused for good: no money, or no such key."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise, and the jobs and asks that it is about."""

    what: str
    job: str | None = None
    tag: int | None = None


@dataclass
class Verdict:
    """Counts, and what was broken."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)


@dataclass(eq=False)
class _Job:
    """What is known of one job from outside: of an order, be it for one video or for several."""

    id: str
    tag: int
    since: str = ""
    """When its first card was posted."""
    threads: set[tuple[str, str]] = field(default_factory=set)
    faces: set[Face] = field(default_factory=set)
    headlines: set[str] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    """The videos that its cards name by number."""
    confirmed: bool = False
    tried: bool = False
    """Generate was pressed, whether or not the app said that it had heard."""
    cancelled: bool = False
    """Somebody tried to."""
    refused: set[str] = field(default_factory=set)
    """Its parts whose create call sync.so refused."""
    generations: list[Made] = field(default_factory=list)
    beside: list["_Job"] = field(default_factory=list)
    """The others in its threads: a new offer stands in the thread of the old one."""
    videos: Counter[int] = field(default_factory=Counter)
    """That came into its threads."""

    @property
    def ended(self) -> set[Face]:
        """Where its card rests; one that was posted twice may have been left behind as it was."""
        return self.faces - {Face.MOVING, Face.READY}

    @property
    def takes(self) -> set[int]:
        """Which of the videos of its ask it is for; a sole one has no number."""
        return self.named or {1}

    @property
    def sent(self) -> set[int]:
        """Those of its videos that sync.so took."""
        return set(map(self.take_of, self.generations))

    @property
    def made(self) -> Counter[int]:
        """Those that were made."""
        return Counter(self.take_of(made) for made in self.generations if made.status == "COMPLETED")

    @property
    def may_fail(self) -> bool:
        """Whether sync.so failed one of its videos, or refused to make it."""
        failed = any(made.status in {"FAILED", "REJECTED"} for made in self.generations)
        return failed or bool(self.refused - {made.part for made in self.generations})

    @property
    def repriced(self) -> bool:
        """Whether another job of the same ask took its place, or that of a part of it."""
        return Face.REPRICED in self.faces

    @property
    def lost(self) -> set[int]:
        """Those that never were sent, and nothing tells why."""
        later = [other for other in self.beside if self.repriced and other.since > self.since]
        anew = {take for other in later for take in other.takes}
        refused = self.refused - {made.part for made in self.generations} if self.ended else set()
        lost = self.takes - self.sent - anew
        return lost if len(lost) > len(refused) else set()

    def take_of(self, made: Made) -> int:
        """Which of them it is; parts stand in their order."""
        return made.take or dict(enumerate(sorted(self.takes))).get(int(made.part), 0)


def judge(evidence: Evidence) -> Verdict:
    """Hold the records against the promises."""
    jobs = _jobs(evidence)
    verdict = Verdict()
    verdict.violations += _strays(evidence, jobs)
    verdict.violations += _unexplained(evidence)
    verdict.violations += _untold(evidence.log, jobs)
    for ask in evidence.asks:
        verdict.violations += _of_ask(ask, [job for job in jobs.values() if job.tag == ask.tag])
    for job in jobs.values():
        verdict.violations += _of_job(job)
        verdict.counts[_end_of(job)] += 1
    verdict.counts |= {
        "asks": len(evidence.asks),
        "jobs": len(jobs),
        "confirmed": sum(job.confirmed for job in jobs.values()),
        "generations": len(evidence.generations),
        "completed": sum(made.status == "COMPLETED" for made in evidence.generations),
        "videos": len(evidence.videos),
        "refused": sum(bool(job.refused) for job in jobs.values()),
        "of several": sum(len(job.takes) > 1 for job in jobs.values()),
    }
    return verdict


def _jobs(evidence: Evidence) -> dict[str, _Job]:
    jobs = _jobs_on_cards(evidence.cards)
    askers = {ask.tag: ask.user for ask in evidence.asks}
    for press in evidence.presses:
        job = jobs.setdefault(press.job, _Job(press.job, -1))
        if press.user == askers.get(job.tag):
            job.tried |= press.action == "generate"
            job.confirmed |= press.action == "generate" and press.answered
            job.cancelled |= press.action == "cancel"
    for order, part in evidence.refused:
        if order in jobs:
            jobs[order].refused.add(part)
    for made in evidence.generations:
        if made.job in jobs:
            jobs[made.job].generations.append(made)
    _bring_together(jobs, evidence.videos)
    return jobs


def _jobs_on_cards(cards: Sequence[Card]) -> dict[str, _Job]:
    jobs: dict[str, _Job] = {}
    for card in cards:
        if card.job is not None:
            job = jobs.setdefault(card.job, _Job(card.job, card.tag))
            job.since = min(job.since or card.ts, card.ts)
            job.threads.add((card.channel, card.root))
            job.faces.add(card.face)
            job.headlines.add(card.headline)
            job.named |= card.takes
    return jobs


def _bring_together(jobs: Mapping[str, _Job], videos: Sequence[Video]) -> None:
    """Tell each job what else is in its threads."""
    threads: defaultdict[tuple[str, str], list[_Job]] = defaultdict(list)
    for job in jobs.values():
        for thread in job.threads:
            threads[thread].append(job)
    for neighbours in threads.values():
        for job in neighbours:
            job.beside += [other for other in neighbours if other not in (job, *job.beside)]
    for video in videos:
        for job in threads[video.channel, video.root]:
            job.videos[video.take or 1] += 1


def _strays(evidence: Evidence, jobs: Mapping[str, _Job]) -> Iterator[Violation]:
    for made in evidence.generations:
        if made.job not in jobs:
            yield Violation(f"generation {made.id} was paid for, and no card in Slack tells of it", made.job)
    known = {thread for job in jobs.values() for thread in job.threads}
    for video in evidence.videos:
        if (video.channel, video.root) not in known:
            yield Violation(f"a video came into the thread {video.channel}/{video.root} of no job")


def _unexplained(evidence: Evidence) -> Iterator[Violation]:
    """Money that the app's books and sync.so's record do not tell alike, to the micro-dollar."""
    books, billed = evidence.books, Counter[tuple[str, str]]()
    for made in evidence.generations:
        billed[made.job, made.part] += made.billed
    for of in sorted(books.spent.keys() | billed.keys()):
        if books.spent[of] != billed[of]:
            told = f"booked as spent: {books.spent[of]} micro-dollars, billed by sync.so: {billed[of]}"
            yield Violation(told, of[0])
    for of, held in sorted(books.held.items()):
        if held:
            yield Violation(f"{held} micro-dollars are still held", of[0])
    if not books.sums_agree:
        yield Violation("the budgets are not the sums of the ledger")


def _untold(log: Log, jobs: Mapping[str, _Job]) -> Iterator[Violation]:
    """A yes is told of once, and only where there was one."""
    if not log.holds:
        yield Violation("the audit log does not hold together")
    for job in jobs.values():
        told = log.yeses[job.id]
        if told > 1 or bool(job.generations) > told or told > job.tried:
            yield Violation(f"the audit log tells of {told} yeses to it", job.id, job.tag)


def _of_ask(ask: Ask, jobs: Sequence[_Job]) -> Iterator[Violation]:
    if not ask.heard:
        yield Violation(f"sent {ask.sent} times, and the app never had it", tag=ask.tag)
    if ask.heard and not jobs:
        yield Violation("the app had said yes to this ask, and there is no job", tag=ask.tag)
    wanted = Counter(take for job in jobs if not job.repriced for take in job.takes)
    if max(wanted.values(), default=0) > ask.sent:
        yield Violation(f"sent {ask.sent} times, and there are {len(jobs)} jobs", tag=ask.tag)
    asked = {take for job in jobs for take in job.takes}
    if jobs and len(asked) != ask.takes:
        yield Violation(f"asked for {ask.takes} videos, and its cards name {len(asked)}", tag=ask.tag)


def _of_job(job: _Job) -> Iterator[Violation]:
    for what in (*_paid_wrongly(job), *_brought_wrongly(job), *_told_wrongly(job)):
        yield Violation(what, job.id, job.tag)


def _paid_wrongly(job: _Job) -> Iterator[str]:
    paid = len(job.generations)
    for times in Counter(made.part for made in job.generations).values():
        if times > 1:
            yield f"created {times} times at sync.so"
    if any(other.sent & job.sent for other in job.beside):
        yield "created at sync.so, and once more for another offer in its thread"
    if paid and not job.tried:
        yield "created at sync.so without a yes of its asker"
    if job.repriced and (paid >= len(job.takes) or not job.tried):
        yield "its card says that its price went up, and it was created at sync.so or never said yes to"
    if job.confirmed and not job.cancelled and job.lost:
        yield f"confirmed, and {f'just {paid} of {len(job.takes)}' if paid else 'never'} created at sync.so"


def _brought_wrongly(job: _Job) -> Iterator[str]:
    made = job.made
    for other in job.beside:
        made += other.made
    if job.videos != made:
        yield f"{made.total()} videos were made, {job.videos.total()} came into the thread"


def _told_wrongly(job: _Job) -> Iterator[str]:
    end, told = job.ended, sorted(job.headlines)
    if Face.CANCELLED in end and job.generations:
        yield "its card says cancelled, and it was created at sync.so"
    if Face.FAILED in end and not job.may_fail:
        yield f"failed, though sync.so neither refused nor failed it: {told}"
    if Face.PARTLY in end and not (job.may_fail or job.cancelled):
        yield f"not all of it came, and nobody is to blame: {told}"
    if job.made and not end & {Face.DONE, Face.PARTLY, Face.REPRICED}:
        yield f"its video was made, and its card says: {told}"
    if Face.DONE in end and job.made.keys() < job.takes:
        yield f"done, and just {len(job.made)} of {len(job.takes)} were made: {told}"
    if not end and (job.tried or Face.READY not in job.faces):
        yield f"has not come to rest: {told}"
    if len(end) > 1 or end & {Face.UNRESOLVED, Face.EXPIRED}:
        yield f"came to an odd end: {told}"


def _end_of(job: _Job) -> str:
    return next(iter(job.ended)).name.lower() if job.ended else "waiting for a yes"
