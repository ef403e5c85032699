"""Pages for browsers: words in plain HTML, which need no script and no other file."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from markupsafe import Markup
from starlette.responses import HTMLResponse

from bot.messages.catalogue import Words
from bot.messages.pages import Action, Page

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --paper: #fff; --act: #4a154b; --on-act: #fff;
  --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #1a1d21; --act: #e0b3e6; --on-act: #1a1d21;
    --bad: #ff8a80; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.125rem/1.6 system-ui, sans-serif; }
main { max-width: 38rem; margin: 0 auto; padding: 3rem 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2rem 0 0; font-size: 1.25rem; }
nav { max-width: 38rem; margin: 0 auto; padding: 0 1.5rem 3rem; }
nav a { display: inline-block; margin-right: 1.5rem; padding: .4rem 0; color: var(--ink); }
label { display: block; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; border: 2px solid;
  border-radius: .4rem; }
.problem { padding-left: .8rem; border-left: .3rem solid var(--bad); font-weight: 600; }
.act { display: inline-block; margin-top: 1rem; padding: .7rem 1.4rem; border: 0; border-radius: .4rem;
  background: var(--act); color: var(--on-act); font: inherit; font-weight: 600; text-decoration: none;
  cursor: pointer; }
.less { border: 2px solid var(--act); background: none; color: var(--act); }
:focus-visible { outline: 3px solid var(--act); outline-offset: 3px; }
"""
_PAGE = Markup("""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Lipsync</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
{foot}</body>
</html>
""")
_HEADING = Markup("<h2>{}</h2>\n")
_FOOT, _LINK = Markup("<nav>{links}</nav>\n"), Markup('<a href="{url}">{label}</a> ')
_LINE, _ACTION = Markup("<p>{}</p>\n"), Markup('<p><a class="act" href="{url}">{label}</a></p>')
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Nothing of a page is framed, kept, or told to the next one: its address may hold what is secret."""


def html(t: Words, page: Page, *, status: int = 200, form: Markup | None = None) -> HTMLResponse:
    """A page as a browser gets it.

    Args:
        t: the reader's words.
        page: what it says; escaped here.
        status: the answer's.
        form: what stands below the words, ready to be shown.
    """
    body = _lines(page.lines) + (form or Markup())
    for section in page.sections:
        body += _HEADING.format(section.title) + _lines(section.lines)
    if page.action is not None:
        body += _ACTION.format(url=page.action.url, label=page.action.label)
    style = Markup(_STYLE)  # noqa: S704 - ours, and the policy knows it by its hash
    foot = _foot(page.links)
    whole = _PAGE.format(lang=t.locale.language, title=page.title, style=style, body=body, foot=foot)
    return HTMLResponse(whole, status_code=status, headers=_HEADERS)


def _lines(lines: Sequence[str]) -> Markup:
    return Markup().join(_LINE.format(line) for line in lines)


def _foot(links: Sequence[Action]) -> Markup:
    shown = Markup().join(_LINK.format(url=link.url, label=link.label) for link in links)
    return _FOOT.format(links=shown) if links else Markup()
