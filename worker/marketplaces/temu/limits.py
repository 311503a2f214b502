"""What a Temu call counts against.

The limit is one per app key, for all sellers together; some interfaces have one of their
own beside it. Those of the interfaces that we call are published behind a login only, so
an operator who knows them names them: SELLERSYNC_TEMU__{ZONE}__ENDPOINT_LIMITS.
"""

from worker.domain.calls import Call
from worker.domain.identity import App
from worker.domain.limits import OF_APP, Limit


def limits(call: Call, app: App) -> tuple[Limit, ...]:
    """Return the app's limit, and the interface's if the settings name one."""
    of_app = Limit(name=OF_APP, calls=app.requests_per_second)
    return (
        of_app,
        *(
            Limit(name=f"endpoint:{endpoint}", calls=calls)
            for endpoint, calls in app.endpoint_limits
            if endpoint == call.endpoint
        ),
    )
