"""How long answers wait for what they look up: Slack waits 3 s for each, and a trigger lives as long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds; what is not known by then is left out, is told later, or counts as no."""

    answer_s: float = 2.5
    """For all of an answer: what is not done by then is not done, and the person is told."""
    press_s: float = 1.5
    """Whether a rule stands against a press."""
    line_s: float = 1.5
    """Whether the account has the voice and the model that a line names; else the worker looks."""
    form_s: float = 1.2
    """What a form shows; what takes longer is filled in after the form stands."""
    check_s: float = 1.0
    """One check of what was sent, of which there may be two; else the worker checks it."""
    names_s: float = 0.5
    """What is left of them for the names of voices and models, where a sent form is shown once more."""
    page_s: float = 1.0
    """What a page of the settings offers; what cannot be looked up in time is not offered."""
