"""HTML out of templates; whatever is put into one is escaped."""

from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def _duration(length: timedelta) -> str:
    """Return a length of time in one unit, as people say it."""
    seconds = round(length.total_seconds())
    unit, size = next(
        (each for each in _UNITS if seconds and seconds % each[1] == 0), _UNITS[-1]
    )
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


_templates.filters["duration"] = _duration


def page(name: str, *, status: int = 200, **content: object) -> HTMLResponse:
    """Return a page."""
    text = _templates.get_template(name).render(content)
    return HTMLResponse(text, status_code=status)
