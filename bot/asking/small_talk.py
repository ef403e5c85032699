"""Short words in a conversation that are meant for the app itself, not for a video. Pure."""

import re
import unicodedata
from enum import Enum, auto


class SmallTalk(Enum):
    """What somebody wants who says no more than this."""

    HELP = auto()
    LIST = auto()
    STATUS = auto()
    THANKS = auto()
    GREETING = auto()
    COURTESY = auto()
    """Says nothing beside a file, such as "please"."""


_MOST = 60
"""Characters; what is longer is no small talk."""
_NOT_WORDS = re.compile(r":[\w+'-]{1,40}:|[^\w\s?]")
"""Emoji by their names, and signs."""
_SAID: dict[SmallTalk, frozenset[str]] = {
    SmallTalk.HELP: frozenset(
        {
            *("help", "help me", "help please", "please help", "hilfe", "h", "examples", "commands"),
            *("what can you do", "what do you do", "what can i do", "what can i do here", "who are you"),
            *("how does this work", "how does it work", "how do i use this", "how do you work", "how to"),
            *("how do i use you", "what is this", "what are you", "how do i start", "instructions"),
        }
    ),
    SmallTalk.LIST: frozenset({"list", "my videos", "list my videos", "show my videos", "history"}),
    SmallTalk.STATUS: frozenset(
        {
            *("status", "whats running", "what is running", "how far is it", "how far are you", "progress"),
            *("is it done", "is it ready", "is my video done", "is my video ready", "where is my video"),
        }
    ),
    SmallTalk.THANKS: frozenset(
        {
            *("thanks", "thank you", "thanks a lot", "thank you so much", "thank you very much", "thx", "ty"),
            *(
                "many thanks",
                "thanks so much",
                "cheers",
                "great",
                "great thanks",
                "perfect",
                "awesome",
                "nice",
            ),
            *("cool", "ok thanks", "okay thanks", "perfect thanks", "cool thanks", "danke", "merci"),
            *("wow", "love it", "well done", "good job", "great job", "amazing", "gracias"),
        }
    ),
    SmallTalk.GREETING: frozenset(
        {
            *("hi", "hello", "hey", "hi there", "hello there", "hey there", "good morning", "good evening"),
            *("good afternoon", "hallo", "moin", "yo", "hola", "hi lipsync", "hello lipsync", "ping", "test"),
            *("are you there", "anybody there"),
        }
    ),
    SmallTalk.COURTESY: frozenset(
        {
            *(
                "please",
                "pls",
                "plz",
                "here you go",
                "here it is",
                "here they are",
                "here",
                "this one",
                "this",
            ),
            *("ok", "okay", "yes", "yes please", "for you", "go", "go ahead", "fyi", "bitte"),
        }
    ),
}


def small_talk(text: str) -> SmallTalk | None:
    """What a short line says, whatever its case, signs and emoji; None: it is no small talk."""
    if len(text) > _MOST:
        return None
    if text.strip() in {"?", "-h", "--help"}:
        return SmallTalk.HELP
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = " ".join(_NOT_WORDS.sub(" ", folded.replace("'", "").replace("’", "")).replace("?", " ").split())
    return next((kind for kind, lines in _SAID.items() if words in lines), None)
