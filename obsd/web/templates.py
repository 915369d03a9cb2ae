"""The page's templates: Jinja2 with escaping always on, given one frozen dataclass each.

Owns the environment, which is made when the first view is asked for: a page that nobody opens costs nothing. A field
that a dataclass lacks is an error and never an empty text. Any thread.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obsd import amounts, plots
from obsd.text import printable
from obsd.web import files, words

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER: Final = Path(__file__).parent / "templates"


@functools.cache
def environment() -> Environment:
    """Returns the one environment."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = (
        "clock",
        "moment",
        "machine_time",
        "number",
        "percent",
        "share",
        "name",
        "colour",
        "subject",
    )
    made.filters |= {name: getattr(words, name) for name in names}
    made.filters |= {"duration": amounts.duration, "size": amounts.size, "count": amounts.count}
    made.filters |= {"printable": printable, "svg": Markup}
    made.globals |= {"lines": words.lines, "file": files.address, "plots": plots}
    return made


def prepare() -> None:
    """Reads all templates, so that the first view is as quick as the others."""
    made = environment()
    for path in FOLDER.glob("*.html"):
        made.get_template(path.name)


def render(template: str, page: object) -> str:
    """Returns a template's text; `page` is all that it is given."""
    return environment().get_template(template).render(page=page)
