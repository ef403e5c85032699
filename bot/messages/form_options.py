"""The form for what most people leave as it is, and the line of the form for a video that tells of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.asking.drafts import PROJECT_LIMIT, Draft, Script
from bot.messages import blocks, words
from bot.messages.blocks import Block, Choice, input_field
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, Callback, Field
from bot.messages.text import cut, one_line, user_text

NAME_LIMIT = 80
_TITLE = N_("More options")


class Options(BaseModel):
    """What it is filled in with, by the names of `Draft` and `Script`; both forms carry it."""

    model_config = ConfigDict(frozen=True, strict=True)

    model: str | None = None
    sync_mode: str | None = None
    name: str | None = None
    project: str | None = None
    stability: float | None = None
    similarity: float | None = None


def options_of(t: Words, draft: Draft, models: Sequence[Choice]) -> Options:
    """What a draft says; a model or mode that is not offered gives way to the first that is.

    Forms carry it, in what Slack gives room for: so each of these has a limit, and no letter of it takes six.
    """
    offered = [choice.value for choice in _offered(t, models)]
    script = draft.speech if isinstance(draft.speech, Script) else None
    return Options(
        model=draft.model if draft.model in offered else offered[0],
        sync_mode=draft.sync_mode if draft.sync_mode in words.SYNC_MODES else words.DEFAULT_SYNC_MODE,
        name=cut(one_line(draft.name or ""), NAME_LIMIT) or None,
        project=cut(one_line(draft.project or ""), PROJECT_LIMIT) or None,
        stability=script.stability if script else None,
        similarity=script.similarity if script else None,
    )


def _offered(t: Words, models: Sequence[Choice]) -> Sequence[Choice]:
    return blocks.offerable(models) or words.model_choices(t)


def options_line(t: Words, options: Options, order_id: str, *, speaks: bool) -> Block:
    """What holds, and the button that opens the form; `speaks`: whether a voice does."""
    how = words.how_a_voice_speaks(t, options.stability, options.similarity) if speaks else None
    told = {
        t("Model"): words.model_words(t, options.model or ""),
        t("If the lengths differ"): words.sync_mode_words(t, options.sync_mode),
        t("Name of the result"): user_text(options.name or ""),
        t("Project"): user_text(options.project or ""),
        t("How the voice speaks"): how or "",
    }
    lines = "\n".join(f"{label}: {said}" for label, said in told.items() if said)
    return blocks.section(lines) | {"accessory": blocks.button(t(_TITLE), Action.FORM_MORE, order_id)}


def options_form(
    t: Words, options: Options, models: Sequence[Choice], carried: Mapping[str, Any], *, speaks: bool
) -> Block:
    """The modal, above the form for a video.

    Args:
        t: The reader's words.
        options: What holds now.
        models: Those that may be used; empty for the documented ones. What was chosen is always offered.
        carried: What comes back with it; see `bot.messages.form.more_options`.
        speaks: Whether a voice does.
    """
    return {
        "type": "modal",
        "callback_id": Callback.FORM_OPTIONS,
        "title": blocks.plain(t(_TITLE), 24),
        "submit": blocks.plain(t("Save"), 24),
        "close": blocks.plain(t("Back"), 24),
        "private_metadata": blocks.carried(carried),
        "blocks": [*_fields(t, options, models), *(_how_it_speaks(t, options) if speaks else ())],
    }


def _fields(t: Words, options: Options, models: Sequence[Choice]) -> list[Block]:
    offered = _offered(t, models)[: blocks.OPTIONS_LIMIT]
    chosen = options.model or offered[0].value
    if chosen not in {choice.value for choice in offered}:
        offered = [*words.model_choices(t, [chosen]), *offered[: blocks.OPTIONS_LIMIT - 1]]
    name = blocks.text_input(initial=options.name, limit=NAME_LIMIT, placeholder=t("Welcome video, spring"))
    project = blocks.text_input(initial=options.project, limit=PROJECT_LIMIT)
    told = t("What it costs is told by project as well.")
    mode = blocks.menu(words.sync_mode_choices(t), initial=options.sync_mode or words.DEFAULT_SYNC_MODE)
    return [
        input_field(Field.MODEL, t("Model"), blocks.menu(offered, initial=chosen)),
        input_field(Field.SYNC_MODE, t("If the lengths differ"), mode),
        input_field(Field.NAME, t("Name of the result"), name, optional=True),
        input_field(Field.PROJECT, t("Project"), project, hint=told, optional=True),
    ]


def _how_it_speaks(t: Words, options: Options) -> list[Block]:
    """Left empty, sync.so takes its own values, which it says are 0.5 and 0.75."""
    return [
        input_field(
            Field.STABILITY,
            t("Stability of the voice"),
            blocks.share_input(initial=options.stability),
            hint=t("From 0 (livelier) to 1 (steadier). Leave it empty for sync.so's usual one."),
            optional=True,
        ),
        input_field(
            Field.SIMILARITY,
            t("Similarity to the original voice"),
            blocks.share_input(initial=options.similarity),
            hint=t("From 0 (looser) to 1 (closer). Leave it empty for sync.so's usual one."),
            optional=True,
        ),
    ]
