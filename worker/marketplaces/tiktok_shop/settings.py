"""The TikTok Shop app of this installation, from the environment or `.env`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.settings import FROM_ENVIRONMENT
from config.variables import names_of
from worker.domain.errors import OperatorError
from worker.domain.identity import App

NAME = "tiktok_shop"
ZONE = "default"
PREFIX = "SELLERSYNC_TIKTOK_SHOP__"

# The same for every market: https://partner.tiktokshop.com/docv2/page/authorization-overview-202407
API_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"
# Sellers in the United States give their consent at services.us.tiktokshop.com.
CONSENT_URL = "https://services.tiktokshop.com"


def _web_address(value: str) -> str:
    if not _is_web_address(value):
        message = "write it like https://host.example, without ? and #"
        raise ValueError(message)
    return value.rstrip("/")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # its text would quote a part of the value
        return False
    is_web = parts.scheme in {"http", "https"}
    return is_web and has_host and not parts.query and not parts.fragment


WebAddress = Annotated[str, AfterValidator(_web_address)]
Calls = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class TikTokShopSettings(BaseSettings):
    """What an operator can change about TikTok Shop."""

    model_config = FROM_ENVIRONMENT | SettingsConfigDict(
        env_prefix=PREFIX,
        # Compose files hand unset variables on as empty ones.
        env_ignore_empty=True,
        str_strip_whitespace=True,
    )

    app_key: str | None = None
    app_secret: SecretStr | None = None
    # For the consent page; it is not the app key.
    service_id: str | None = None
    api_url: WebAddress = API_URL
    auth_url: WebAddress = AUTH_URL
    consent_url: WebAddress = CONSENT_URL
    # Per app and shop. The old limit was 50; the current one is "dynamic" and unpublished:
    # https://partner.tiktokshop.com/docv2/page/rate-limits
    requests_per_second: Calls = 10
    # A development shop's quota; it was 100 in one notice and 1,000 in another.
    requests_per_hour: Annotated[int, Field(gt=0)] | None = None
    # Per app and shop, by path.
    endpoint_limits: dict[str, Calls] = Field(default_factory=dict)


def variables() -> frozenset[str]:
    """Return the names of all variables."""
    return names_of(TikTokShopSettings, PREFIX)


def apps() -> tuple[App, ...]:
    """Return the configured app, or nothing; reads the environment anew each time.

    Raises:
        OperatorError: a variable has a bad value, or one of key and secret is missing.
    """
    try:
        settings = TikTokShopSettings()
    except ValidationError as error:
        # The values stay out of it: one of them is the secret.
        faults = "; ".join(
            f"{_variable(fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        raise OperatorError(faults) from None
    secret = settings.app_secret.get_secret_value() if settings.app_secret else ""
    if not settings.app_key and not secret:
        return ()
    if not settings.app_key or not secret:
        missing = "APP_SECRET" if settings.app_key else "APP_KEY"
        raise OperatorError(
            f"{PREFIX}{missing} is missing: key and secret belong together"
        )
    return (
        App(
            marketplace=NAME,
            zone=ZONE,
            app_key=settings.app_key,
            app_secret=secret,
            api_url=settings.api_url,
            auth_url=settings.auth_url,
            service_id=settings.service_id,
            consent_url=settings.consent_url,
            requests_per_second=settings.requests_per_second,
            requests_per_hour=settings.requests_per_hour,
            endpoint_limits=tuple(settings.endpoint_limits.items()),
        ),
    )


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + "__".join(str(part).upper() for part in location)
