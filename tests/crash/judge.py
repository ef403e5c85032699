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
    clips: int = 1
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
    """That came into its threads."""
    due_videos: int = 0
    """That were made for its threads: a new offer stands in the thread of the old one."""
    clips: int = 1
    """So many videos its ask is for."""
    wants: int = 1
    """So many a yes to it is for, at the least."""

    @property
    def ended(self) -> set[Face]:
        """Where its card rests; one that was posted twice may have been left behind as it was."""
        return self.faces - {Face.MOVING, Face.READY}

    @property
    def completed(self) -> int:
        """How many of its videos were made."""
        return sum(made.status == "COMPLETED" for made in self.generations)

    @property
    def may_fail(self) -> bool:
        """Whether sync.so failed one of its videos, or refused to make it."""
        failed = any(made.status in {"FAILED", "REJECTED"} for made in self.generations)
        return failed or (self.refused and len(self.generations) < self.wants)

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
    _expect(jobs, threads, evidence.asks)
    return jobs


def _expect(
    jobs: Mapping[str, _Job], threads: Mapping[tuple[str, str], set[str]], asks: Sequence[Ask]
) -> None:
    """Work out what each job was to bring; what was offered anew may be a part of the whole."""
    clips = {ask.tag: ask.clips for ask in asks}
    anew = {job.tag for job in jobs.values() if job.repriced}
    for job in jobs.values():
        beside = {of for thread in job.threads for of in threads[thread]} | {job.id}
        job.due_videos = sum(jobs[of].completed for of in beside)
        job.clips = clips.get(job.tag, 1)
        job.wants = 1 if job.tag in anew else job.clips


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
    for what in (*_paid_wrongly(job), *_brought_wrongly(job), *_told_wrongly(job), *_bought_dearer(job)):
        yield Violation(what, job.id, job.tag)


def _bought_dearer(job: _Job) -> Iterator[str]:
    may_be_made_in_part = job.clips > 1
    if job.repriced and ((job.generations and not may_be_made_in_part) or not job.tried):
        yield "its card says that its price went up, and it was created at sync.so or never said yes to"


def _paid_wrongly(job: _Job) -> Iterator[str]:
    paid = len(job.generations)
    for times in Counter(made.part for made in job.generations).values():
        if times > 1:
            yield f"created {times} times at sync.so"
    if paid and not job.tried:
        yield "created at sync.so without a yes of its asker"
    is_excused = job.cancelled or job.repriced or (job.may_fail and job.ended & {Face.FAILED, Face.PARTLY})
    if job.confirmed and paid < job.wants and not is_excused:
        yield f"confirmed, and {f'just {paid} of {job.wants}' if paid else 'never'} created at sync.so"


def _brought_wrongly(job: _Job) -> Iterator[str]:
    if job.videos != job.due_videos and not job.repriced:
        yield f"{job.due_videos} videos were made, {job.videos} came into the thread"


def _told_wrongly(job: _Job) -> Iterator[str]:
    end, told = job.ended, sorted(job.headlines)
    if Face.CANCELLED in end and job.generations:
        yield "its card says cancelled, and it was created at sync.so"
    if Face.FAILED in end and not job.may_fail:
        yield f"failed, though sync.so neither refused nor failed it: {told}"
    if Face.PARTLY in end and not (job.may_fail or job.cancelled):
        yield f"not all of it came, and nobody is to blame: {told}"
    if job.completed and not end & {Face.DONE, Face.PARTLY, Face.REPRICED}:
        yield f"its video was made, and its card says: {told}"
    if not end and (job.tried or Face.READY not in job.faces):
        yield f"has not come to rest: {told}"
    if len(end) > 1 or end & {Face.UNRESOLVED, Face.EXPIRED}:
        yield f"came to an odd end: {told}"


def _end_of(job: _Job) -> str:
    return next(iter(job.ended)).name.lower() if job.ended else "waiting for a yes"
