"""The verdict on a crash run: what the fakes recorded, held against what was asked and confirmed. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.crash.board import Card, Face
from tests.crash.books import Books


@dataclass(frozen=True, slots=True)
class Ask:
    """One wish of a person, and how often they had to say it until the app had heard it."""

    tag: int
    user: str
    sent: int
    heard: bool


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


@dataclass(frozen=True, slots=True)
class Video:
    """A video that the app brought into a thread."""

    channel: str
    root: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is judged. Nothing in it comes from the app's own database or log, but for its books."""

    asks: Sequence[Ask]
    cards: Sequence[Card]
    presses: Sequence[Press]
    generations: Sequence[Made]
    videos: Sequence[Video]
    books: Books
    refused: frozenset[str] = frozenset()
    """Jobs whose create call sync.so refused for good: no money, or no such key."""


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


@dataclass
class _Job:
    """What is known of one job from outside."""

    id: str
    tag: int
    threads: set[tuple[str, str]] = field(default_factory=set)
    faces: set[Face] = field(default_factory=set)
    headlines: set[str] = field(default_factory=set)
    confirmed: bool = False
    tried: bool = False
    """Generate was pressed, whether or not the app said that it had heard."""
    cancelled: bool = False
    """Somebody tried to."""
    refused: bool = False
    generations: list[Made] = field(default_factory=list)
    videos: int = 0

    @property
    def ended(self) -> set[Face]:
        """Where its card rests; one that was posted twice may have been left behind as it was."""
        return self.faces - {Face.MOVING, Face.READY}

    @property
    def repriced(self) -> bool:
        """Whether another job of the same ask took its place."""
        return Face.REPRICED in self.faces


def judge(evidence: Evidence) -> Verdict:
    """Hold the records against the promises."""
    jobs = _jobs(evidence)
    verdict = Verdict()
    verdict.violations += _strays(evidence, jobs)
    verdict.violations += _unexplained(evidence)
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
        "refused": sum(job.refused for job in jobs.values()),
    }
    return verdict


def _jobs(evidence: Evidence) -> dict[str, _Job]:
    jobs: dict[str, _Job] = {}
    threads: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for card in evidence.cards:
        if card.job is None:
            continue
        job = jobs.setdefault(card.job, _Job(card.job, card.tag))
        job.threads.add((card.channel, card.root))
        job.faces.add(card.face)
        job.headlines.add(card.headline)
        threads[card.channel, card.root].add(card.job)
    askers = {ask.tag: ask.user for ask in evidence.asks}
    for press in evidence.presses:
        job = jobs.setdefault(press.job, _Job(press.job, -1))
        if press.user == askers.get(job.tag):
            job.tried |= press.action == "generate"
            job.confirmed |= press.action == "generate" and press.answered
            job.cancelled |= press.action == "cancel"
    for job_id in evidence.refused & jobs.keys():
        jobs[job_id].refused = True
    for made in evidence.generations:
        if made.job in jobs:
            jobs[made.job].generations.append(made)
    for video in evidence.videos:
        for of in threads[video.channel, video.root]:
            jobs[of].videos += 1
    return jobs


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
    books, billed = evidence.books, Counter[str]()
    for made in evidence.generations:
        billed[made.job] += made.billed
    for job in sorted(books.spent.keys() | billed.keys()):
        if books.spent[job] != billed[job]:
            told = f"booked as spent: {books.spent[job]} micro-dollars, billed by sync.so: {billed[job]}"
            yield Violation(told, job)
    for job, held in sorted(books.held.items()):
        if held:
            yield Violation(f"{held} micro-dollars are still held", job)
    if not books.sums_agree:
        yield Violation("the budgets are not the sums of the ledger")


def _of_ask(ask: Ask, jobs: Sequence[_Job]) -> Iterator[Violation]:
    if not ask.heard:
        yield Violation(f"sent {ask.sent} times, and the app never had it", tag=ask.tag)
    if ask.heard and not jobs:
        yield Violation("the app had said yes to this ask, and there is no job", tag=ask.tag)
    if len(jobs) - sum(job.repriced for job in jobs) > ask.sent:
        yield Violation(f"sent {ask.sent} times, and there are {len(jobs)} jobs", tag=ask.tag)


def _of_job(job: _Job) -> Iterator[Violation]:
    for what in (*_broken(job), *_bought_dearer(job)):
        yield Violation(what, job.id, job.tag)


def _bought_dearer(job: _Job) -> Iterator[str]:
    if job.repriced and (job.generations or not job.tried):
        yield "its card says that its price went up, and it was created at sync.so or never said yes to"


def _broken(job: _Job) -> Iterator[str]:
    paid, end = len(job.generations), job.ended
    completed = sum(made.status == "COMPLETED" for made in job.generations)
    failed = sum(made.status in {"FAILED", "REJECTED"} for made in job.generations)
    if paid > 1:
        yield f"created {paid} times at sync.so"
    if paid and not job.tried:
        yield "created at sync.so without a yes of its asker"
    may_fail = bool(failed) or (job.refused and not paid)
    if (
        job.confirmed
        and not (job.cancelled or job.repriced or paid)
        and not (may_fail and Face.FAILED in end)
    ):
        yield "confirmed, and never created at sync.so"
    if job.videos != completed and not job.repriced:
        yield f"{completed} videos were made, {job.videos} came into the thread"
    if Face.CANCELLED in end and paid:
        yield "its card says cancelled, and it was created at sync.so"
    if Face.FAILED in end and not may_fail:
        yield f"failed, though sync.so neither refused nor failed it: {sorted(job.headlines)}"
    if completed and Face.DONE not in end:
        yield f"its video was made, and its card says: {sorted(job.headlines)}"
    if not end and (job.tried or Face.READY not in job.faces):
        yield f"has not come to rest: {sorted(job.headlines)}"
    if len(end) > 1 or Face.UNRESOLVED in end or Face.EXPIRED in end:
        yield f"came to an odd end: {sorted(job.headlines)}"


def _end_of(job: _Job) -> str:
    return next(iter(job.ended)).name.lower() if job.ended else "waiting for a yes"
