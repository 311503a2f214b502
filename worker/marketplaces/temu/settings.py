"""The Temu apps that the environment names, at most one per zone.

`SELLERSYNC_TEMU__{US|EU|GLOBAL}__` and `APP_KEY`, `APP_SECRET`, `API_URL`,
`REQUESTS_PER_SECOND`, `ENDPOINT_LIMITS` (JSON), `CONSENT_URL`, `REDIRECT_URL`.
"""

from types import MappingProxyType
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsError

from config.settings import FROM_ENVIRONMENT
from config.variables import names_of
from worker.domain.errors import OperatorError
from worker.domain.identity import App
from worker.marketplaces.temu.sites import Zone

NAME = "temu"

ROUTERS = MappingProxyType(
    {
        Zone.US: "https://openapi-b-us.temu.com/openapi/router",
        Zone.EU: "https://openapi-b-eu.temu.com/openapi/router",
        Zone.GLOBAL: "https://openapi-b-global.temu.com/openapi/router",
    }
)

# Only the address for US is printed in the documentation; the others are the same page in
# the seller centre of their zone.
CONSENT_PAGES = MappingProxyType(
    {
        Zone.US: "https://seller.temu.com/open-platform/client-manage/authorization",
        Zone.EU: "https://seller-eu.temu.com/open-platform/client-manage/authorization",
        Zone.GLOBAL: "https://agentseller.temu.com/open-platform/system-manage"
        "/client-manage/authorization",
    }
)


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write the whole address, beginning with https://")
    return value


Address = Annotated[str, AfterValidator(_address)]
Calls = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AppSettings(BaseModel):
    """One app, as far as the environment describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    app_key: str | None = None
    app_secret: SecretStr | None = None
    # The whole router address.
    api_url: Address | None = None
    consent_url: Address | None = None
    # Where Temu sends the seller back to, if the app has several addresses registered.
    redirect_url: Address | None = None
    # Temu's first limit for an app; it can be raised on request.
    requests_per_second: Calls = 20
    # Of single interfaces, by `type`.
    endpoint_limits: dict[str, Calls] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, values: object) -> object:
        """Compose files and shells pass variables on that nobody has set."""
        if not isinstance(values, dict):
            return values
        stripped = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in values.items()
        }
        return {name: value for name, value in stripped.items() if value != ""}


class TemuSettings(BaseSettings):
    """The apps by zone."""

    model_config = FROM_ENVIRONMENT

    temu: dict[Zone, AppSettings] = Field(default_factory=dict)


def variables() -> frozenset[str]:
    """Return the names of all variables, of each zone."""
    groups = {"SELLERSYNC_TEMU", *(f"SELLERSYNC_TEMU__{zone.upper()}" for zone in Zone)}
    return frozenset(groups).union(
        *(names_of(AppSettings, f"SELLERSYNC_TEMU__{zone.upper()}__") for zone in Zone)
    )


def apps() -> tuple[App, ...]:
    """Return the apps that have a key and a secret.

    Raises:
        OperatorError: a variable is missing or wrong; the text names it, never its value.
    """
    try:
        settings = TemuSettings().temu
    except ValidationError as error:
        raise OperatorError(_complaint(error)) from None
    except SettingsError:
        raise OperatorError(
            "SELLERSYNC_TEMU is not JSON; "
            "write variables like SELLERSYNC_TEMU__US__APP_KEY instead"
        ) from None
    found = (_app(zone, settings[zone]) for zone in Zone if zone in settings)
    return tuple(app for app in found if app is not None)


def _app(zone: Zone, settings: AppSettings) -> App | None:
    key, secret = settings.app_key, settings.app_secret
    if key is None and secret is None:
        return None
    if key is None or secret is None:
        present, absent = ("KEY", "SECRET") if key else ("SECRET", "KEY")
        variable = f"SELLERSYNC_TEMU__{zone.upper()}__APP_"
        raise OperatorError(f"{variable}{present} is set but {variable}{absent} is not")
    return App(
        marketplace=NAME,
        zone=zone,
        app_key=key,
        app_secret=secret.get_secret_value(),
        api_url=settings.api_url or ROUTERS[zone],
        consent_url=_consent_url(zone, settings),
        requests_per_second=settings.requests_per_second,
        endpoint_limits=tuple(settings.endpoint_limits.items()),
    )


def _consent_url(zone: Zone, settings: AppSettings) -> str:
    url = settings.consent_url or CONSENT_PAGES[zone]
    if settings.redirect_url is None:
        return url
    return with_query(url, redirect_uri=settings.redirect_url)


def with_query(url: str, **more: str) -> str:
    """Return an address with more parameters behind those that it has."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *more.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _complaint(error: ValidationError) -> str:
    problems = (
        f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors()
    )
    return "; ".join(problems)


def _variable(location: tuple[int | str, ...]) -> str:
    names = (str(part) for part in location if part != "[key]")
    return "SELLERSYNC_" + "__".join(names).upper()
