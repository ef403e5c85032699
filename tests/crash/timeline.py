"""What happened to one job or ask, from every record there is, in the order of time: for a person to read."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.fake_slack import FakeSlack
from bot.sandbox.fake_sync.app import FakeSync
from tests.crash.judge import Violation
from tests.crash.replicas import Kill

_WIDTH = 260


@dataclass(frozen=True, slots=True)
class Timelines:
    """The records of one run."""

    slack: FakeSlack
    sync: FakeSync
    kills: Sequence[Kill]
    logs: Sequence[Path]

    def of(self, violation: Violation) -> Iterator[str]:
        """The lines that name the violation's job or ask, and the kills."""
        names = [
            name for name in (violation.job, violation.tag is not None and f"ask-{violation.tag}") if name
        ]
        found = [(at, line) for at, line in self._lines() if any(str(name) in line for name in names)]
        first, last = (found[0][0], found[-1][0]) if found else (0.0, 0.0)
        found += [(k.at, f"kill of {k.replica} {k.how}") for k in self.kills if first <= k.at <= last]
        yield violation.what
        for at, line in sorted(found):
            moment = datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
            yield f"  {moment} {line[:_WIDTH]}"
        for log in self.logs:
            wanted = [
                line for line in log.read_text(errors="replace").splitlines() if str(violation.job) in line
            ]
            yield from (f"  {log.name}: {line[:_WIDTH]}" for line in wanted)

    def _lines(self) -> Iterator[tuple[float, str]]:
        for call in self.slack.records().calls:
            yield call.at, f"Slack {call.method} ok={call.ok} {call.error or ''} {json.dumps(call.args)}"
        for sent in self.slack.records().deliveries:
            yield sent.at, f"Slack sent {sent.kind} {sent.outcome} {_told(sent.payload)}"
        for share in self.slack.records().shares:
            yield share.at, f"Slack shared {share.file.name} in {share.channel}/{share.thread_ts}"
        for made in self.sync.state.generations.values():
            yield made.created_at, f"sync.so created {made.id} {made.output_name}"
            yield (
                made.ended_at or made.created_at,
                f"sync.so ended {made.id} {made.output_name} {made.status}",
            )
        for create in self.sync.state.records.creates:
            yield create["at"], f"sync.so create {json.dumps(create)}"
        for hook in self.sync.state.records.webhooks:
            yield hook["at"], f"sync.so webhook {hook['url']} {hook.get('status', hook.get('error'))}"


def _told(payload: dict[str, object]) -> str:
    actions = payload.get("actions")
    return json.dumps(actions or payload.get("text") or payload.get("event") or payload)
