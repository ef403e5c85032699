"""What Slack has its apps review of themselves, held against one message or view: five lists of rules.

Nothing here is refused by Slack, as `block_limits` is; people mind it. Source: Slack's own plug-in for
agents, design rules of Block Kit (October 2026): human in the loop, progress, forms, Home, data display.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from bot.messages.blocks import Message
from bot.messages.ids import Action

Block = dict[str, Any]
Rule = Callable[["Shown"], Iterator[str]]

_SAFE = frozenset({Action.CANCEL, Action.DECLINE})
"""No is never the dangerous answer."""
_ENDS = frozenset({Action.GIVE_UP, Action.PAUSE, Action.FORGET_ME, Action.FORGET_PERSON, Action.DELETE})
"""What cannot be taken back, or stops everybody: asked once more before it is done."""
_SPENDS = frozenset({Action.GENERATE, Action.APPROVE})
_NO_TO: Mapping[Action, Action] = MappingProxyType(
    {Action.GENERATE: Action.CANCEL, Action.APPROVE: Action.DECLINE}
)
_COSTS = re.compile(r"\$\d|without a price|could not say")
_SAYS_NOTHING = frozenset({"yes", "no", "ok", "okay", "submit", "confirm", "continue", "click here", "here"})
_OPAQUE = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_SECRET = re.compile(r"\b(password|passphrase|secret|token|credential|key)s?\b", re.IGNORECASE)
_RULE = re.compile(r"\b(up to|at most|at least|must|only|required|optional|leave)\b", re.IGNORECASE)
_EVERYBODY = re.compile(r"<!(channel|here|everyone)\b")
_FRESH = re.compile(r"As of <!date\^")
_MARKUP = re.compile(r"[*_`]|^• ")
"""What is seen and not read aloud."""
_INPUTS = 6
_ROWS: Mapping[str, int] = MappingProxyType({"table": 100, "data_table": 200})
_COLUMNS = 6
"""Slack: about five."""
_CHARTS = 2
_POINTS = 20
_MAIN: Mapping[str, int] = MappingProxyType({"message": 1, "modal": 1, "home": 2})
"""Primary buttons on each surface."""
_MOST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody sees."""

    surface: Literal["message", "modal", "home"]
    blocks: Sequence[Block]
    text: str = ""
    """Of a message."""
    view: Mapping[str, Any] = field(default_factory=dict)

    @property
    def buttons(self) -> list[Block]:
        """All buttons, from the top."""
        return [button for row in _rows(self.blocks) for button in row]


def faults_of_message(message: Message) -> list[str]:
    """What people would mind in a message; empty where nothing is."""
    return _faults(Shown("message", message.blocks, message.text))


def faults_of_view(view: Mapping[str, Any]) -> list[str]:
    """What people would mind in a modal or a Home; empty where nothing is."""
    return _faults(Shown(view["type"], view["blocks"], view=view))


def _faults(shown: Shown) -> list[str]:
    return [fault for rule in (*HUMAN_IN_THE_LOOP, *FORMS, *HOME, *DATA, *FOR_ALL) for fault in rule(shown)]


def _rows(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The buttons that stand together."""
    for block in blocks:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        row = [each for each in inside if isinstance(each, dict) and each.get("type") == "button"]
        if row:
            yield row


def _label(button: Block) -> str:
    return str(button["text"]["text"])


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    """What sections, headers and small lines say."""
    for block in blocks:
        match block["type"]:
            case "section" | "header":
                yield block["text"]["text"]
            case "context":
                yield from (each["text"] for each in block["elements"] if "text" in each)


# Human in the loop: whoever presses knows what it does and what it costs, and can say no.


def one_main_action(shown: Shown) -> Iterator[str]:
    """What is to be pressed is one thing; a Home may have two."""
    main = [_label(each) for each in shown.buttons if each.get("style") == "primary"]
    if len(main) > _MAIN[shown.surface]:
        yield f"{len(main)} main actions: {main}"


def no_is_plain(shown: Shown) -> Iterator[str]:
    """Colour on Cancel or Decline says that the safe choice is dangerous."""
    for each in shown.buttons:
        if each["action_id"] in _SAFE and "style" in each:
            yield f"{_label(each)}: styled {each['style']}"


def red_is_for_what_ends(shown: Shown) -> Iterator[str]:
    """Nothing else is coloured as danger."""
    for each in shown.buttons:
        styles = {each.get("style"), each.get("confirm", {}).get("style")}
        if "danger" in styles and each["action_id"] not in _ENDS:
            yield f"{_label(each)}: red, and ends nothing"


def what_ends_is_asked_first(shown: Shown) -> Iterator[str]:
    """By Slack before it sends the press, or by the message that the button stands in."""
    for each in shown.buttons:
        if each["action_id"] in _ENDS and "confirm" not in each and "?" not in shown.text:
            yield f"{_label(each)}: not asked for once more"


def labels_say_what_they_do(shown: Shown) -> Iterator[str]:
    """A verb of their own: read alone, each says what happens."""
    labels = [_label(each) for each in shown.buttons]
    labels += [each["confirm"][key]["text"] for each in shown.buttons if "confirm" in each for key in _BOTH]
    labels += [shown.view[key]["text"] for key in ("submit", "close") if key in shown.view]
    for label in labels:
        if label.strip(" .!…").lower() in _SAYS_NOTHING or not re.search(r"\w\w", label):
            yield f"{label}: says nothing of what it does"


_BOTH = ("confirm", "deny")


def a_yes_says_what_it_costs(shown: Shown) -> Iterator[str]:
    """In the first line of a message, for a telephone shows no more of it; elsewhere on the button."""
    first = shown.text.partition("\n")[0]
    for each in shown.buttons:
        said = first if shown.surface == "message" else _label(each)
        if each["action_id"] in _SPENDS and not _COSTS.search(said):
            yield f"{_label(each)}: no price in {said}"


def beside_a_yes_stands_a_no(shown: Shown) -> Iterator[str]:
    """In the same row."""
    for row in _rows(shown.blocks):
        here = {each["action_id"] for each in row}
        yield from (f"{yes} without {no}" for yes, no in _NO_TO.items() if yes in here and no not in here)


def buttons_carry_ids_alone(shown: Shown) -> Iterator[str]:
    """Prices, owners and files are looked up at the press; an offer's id is among the ids of a yes to it."""
    for each in shown.buttons:
        value = each.get("value", "-")
        if not _OPAQUE.fullmatch(value):
            yield f"{_label(each)}: carries {value}"
        if each["action_id"] == Action.GENERATE and ":" not in value:
            yield f"{_label(each)}: carries no offer"


HUMAN_IN_THE_LOOP: Sequence[Rule] = (
    one_main_action,
    no_is_plain,
    red_is_for_what_ends,
    what_ends_is_asked_first,
    labels_say_what_they_do,
    a_yes_says_what_it_costs,
    beside_a_yes_stands_a_no,
    buttons_carry_ids_alone,
)

# Forms: short, plain about what they do, and none asks for what opens something.


def a_form_is_short(shown: Shown) -> Iterator[str]:
    """More is for a second view, or behind a button."""
    fields = [block["label"]["text"] for block in shown.blocks if block["type"] == "input"]
    if len(fields) > _INPUTS:
        yield f"{len(fields)} fields: {fields}"


def a_form_can_be_left(shown: Shown) -> Iterator[str]:
    """By a button with words of its own."""
    if shown.surface == "modal" and "close" not in shown.view:
        yield "no way out"


def nobody_types_a_secret(shown: Shown) -> Iterator[str]:
    """Slack: never ask for passwords or other credentials; send the person to a page of your own."""
    for block in shown.blocks:
        if block["type"] == "input":
            words = " ".join(_field_words(block))
            if _SECRET.search(words):
                yield f"{words}: asks for what opens something"


def placeholders_are_examples(shown: Shown) -> Iterator[str]:
    """A rule is gone with the first letter that is typed: it stands in the hint."""
    for block in shown.blocks:
        placeholder = block.get("element", {}).get("placeholder", {}).get("text", "")
        if _RULE.search(placeholder) or placeholder == block.get("label", {}).get("text"):
            yield f"{placeholder}: no example"


def _field_words(block: Block) -> list[str]:
    parts = (block["label"], block.get("hint"), block["element"].get("placeholder"))
    return [part["text"] for part in parts if part]


FORMS: Sequence[Rule] = (
    a_form_is_short,
    a_form_can_be_left,
    nobody_types_a_secret,
    placeholders_are_examples,
)

# Home: first what somebody needs now.


def nothing_is_typed_in_a_home(shown: Shown) -> Iterator[str]:
    """Settings are in a modal."""
    if shown.surface == "home" and any(block["type"] == "input" for block in shown.blocks):
        yield "a field"


def a_home_says_how_fresh_it_is(shown: Shown) -> Iterator[str]:
    """In the reader's own time."""
    if shown.surface == "home" and not any(map(_FRESH.match, _texts(shown.blocks))):
        yield "not said as of when"


def a_home_leads_on(shown: Shown) -> Iterator[str]:
    """To a new video, or back from a page."""
    here = {each["action_id"] for each in shown.buttons}
    if shown.surface == "home" and not here & {Action.HOME_START, Action.HOME_NEWEST}:
        yield "a dead end"


def what_waits_comes_first(shown: Shown) -> Iterator[str]:
    """What others wait for stands above what is over."""
    actions = [each["action_id"] for each in shown.buttons] if shown.surface == "home" else []
    asked = [at for at, each in enumerate(actions) if each in {Action.APPROVE, Action.DECLINE}]
    over = [at for at, each in enumerate(actions) if each in {Action.ANOTHER, Action.RERUN}]
    if asked and over and asked[-1] > over[0]:
        yield "what is over stands above what waits"


HOME: Sequence[Rule] = (
    nothing_is_typed_in_a_home,
    a_home_says_how_fresh_it_is,
    a_home_leads_on,
    what_waits_comes_first,
)

# Data: little of it, with its units, and never without words.


def tables_are_small(shown: Shown) -> Iterator[str]:
    """Rows and columns that can be read."""
    for block in shown.blocks:
        if block["type"] in _ROWS:
            rows = block["rows"]
            if len(rows) > _ROWS[block["type"]] or max(map(len, rows)) > _COLUMNS:
                yield f"{len(rows)} rows of {max(map(len, rows))}"


def figures_have_units(shown: Shown) -> Iterator[str]:
    """Each column is named, and a data table as a whole."""
    for block in shown.blocks:
        if block["type"] in _ROWS and not all(_cell(each) for each in block["rows"][0]):
            yield "a column without a name"
        if block["type"] == "data_table" and not block.get("caption"):
            yield "a table without a caption"
        if block["type"] == "data_visualization" and not block["chart"]["axis_config"].get("y_label"):
            yield "a chart without units"


def charts_show_something(shown: Shown) -> Iterator[str]:
    """None without figures, and no more than two."""
    charts = [block["chart"] for block in shown.blocks if block["type"] == "data_visualization"]
    if len(charts) > _CHARTS:
        yield f"{len(charts)} charts"
    for chart in charts:
        points = [len(series["data"]) for series in chart["series"]]
        if not points or not all(0 < number <= _POINTS for number in points):
            yield f"a chart of {points} points"


def figures_stand_in_words_too(shown: Shown) -> Iterator[str]:
    """Old clients show neither tables nor charts, and nobody reads a chart aloud."""
    drawn = any(block["type"] in {*_ROWS, "data_visualization"} for block in shown.blocks)
    if drawn and not any(re.search(r"\d", each) for each in _told(shown)):
        yield "figures that no words tell"


def _told(shown: Shown) -> list[str]:
    return [block["text"]["text"] for block in shown.blocks if block["type"] == "section"]


def _cell(cell: Block) -> str:
    return str(cell.get("text", ""))


DATA: Sequence[Rule] = (
    tables_are_small,
    figures_have_units,
    charts_show_something,
    figures_stand_in_words_too,
)

# For all of them: nobody is called who did not ask, and whoever hears it misses nothing.


def nobody_is_called_together(shown: Shown) -> Iterator[str]:
    """No message calls a whole channel."""
    for each in (shown.text, *_texts(shown.blocks)):
        if _EVERYBODY.search(each):
            yield f"{each}: calls everybody"


def the_text_says_it_all(shown: Shown) -> Iterator[str]:
    """A screen reader reads `text` alone (Slack: chat.postMessage)."""
    if shown.surface != "message" or len(shown.text) > _MOST_TEXT - 100:
        return
    heard = "\n".join(_MARKUP.sub("", line) for line in shown.text.splitlines())
    for line in (line for each in _texts(shown.blocks) for line in each.splitlines()):
        if _MARKUP.sub("", line) not in heard:
            yield f"{line}: seen and not heard"


def like_buttons_are_told_apart(shown: Shown) -> Iterator[str]:
    """Whoever hears them one after another hears of each what it is about."""
    seen = Counter(map(_label, shown.buttons))
    for each in shown.buttons:
        if seen[_label(each)] > 1 and each.get("accessibility_label", _label(each)) == _label(each):
            yield f"{_label(each)}: {seen[_label(each)]} times"


FOR_ALL: Sequence[Rule] = (nobody_is_called_together, the_text_says_it_all, like_buttons_are_told_apart)
