"""What people have to know of their files before they pay, as far as the app could look at them."""

from bot.asking.contents import LARGEST, is_too_large
from bot.asking.drafts import Draft, Link, Prepared


def seen_words(draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """A picture that is too large, and links whose files may change unseen."""
    return (*_size(prepared), *_links(draft, prepared))


def _size(prepared: Prepared) -> tuple[str, ...]:
    facts = prepared.video.facts if prepared.video else None
    if facts is None or not is_too_large(facts):
        return ()
    longer, shorter = LARGEST
    larger = f"Your clip has {facts.width} × {facts.height} pixels; sync.so takes up to {longer} × {shorter}"
    return (f"{larger}, so it may refuse this one. Save it smaller to be sure.",)


def _links(draft: Draft, prepared: Prepared) -> tuple[str, ...]:
    """A link that was read is compared before it is sent on; another may lead to anything by then."""
    inputs = ((draft.video, prepared.video), (draft.speech, prepared.audio))
    unread = [media for media, known in inputs if isinstance(media, Link) and not (known and known.behind)]
    if not unread:
        return ()
    if len(unread) == 1:
        return ("I could not look behind the link: if its file changes, so may the price.",)
    return ("I could not look behind the links: if a file there changes, so may the price.",)
