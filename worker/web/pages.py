"""HTML out of templates; whatever is put into one is escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from worker.web.words import FILTERS

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    # An installation's files do not change while it runs.
    auto_reload=False,
)
_templates.filters.update(FILTERS)


def page(name: str, *, status: int = 200, **content: object) -> HTMLResponse:
    """Return a page."""
    text = _templates.get_template(name).render(content)
    return HTMLResponse(text, status_code=status)
