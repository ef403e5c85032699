"""What the audit log keeps for ever of what people do to orders tells of no person and no channel."""

from decimal import Decimal

from bot.asking.asks import Asker
from bot.audited import approved
from storage.gates import Gate, GateKind
from storage.limits import Shortfall
from storage.orders import OrderStatus
from tests.unit.messages.builders import an_order


def test_a_raise_is_kept_for_ever_for_the_team_and_for_models_alone() -> None:
    gate = Gate(
        id="g1",
        order_id="o1",
        owner_id="T1",
        enterprise_id=None,
        team_id="T1",
        offer_id="f1",
        kind=GateKind.BUDGET,
        needed=1,
        approvers=("U2",),
        opened_at=1.0,
        ends_at=2.0,
    )
    scopes = ("channel:C1", "model:sync-3", "team", "user:U1")
    raised = [Shortfall(each, Decimal(9), Decimal(1), Decimal(2), Decimal("1.50")) for each in scopes]

    entry = approved(an_order(OrderStatus.CONFIRMED), Asker(None, "T1", "U2"), gate, raised)

    assert entry.details["raised_usd"] == ["model:sync-3 1.50", "team 1.50"]
    assert entry.personal == {"channel:C1": "1.50", "user:U1": "1.50"}
