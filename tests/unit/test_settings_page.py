"""docs/settings.md names every setting there is, and none that there is not."""

import re
from pathlib import Path

from pydantic import BaseModel

from config.settings import Settings
from worker.marketplaces.temu.settings import AppSettings as TemuApp
from worker.marketplaces.tiktok_shop.settings import TikTokShopSettings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def variables(model, prefix):
    """Return the variables of a settings class, nested ones too."""
    found = set()
    for name, info in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= variables(kind, f"{variable}__")
        else:
            found.add(variable)
    return found


def test_the_page_and_the_code_agree():
    """A new setting without a word about it fails here, and so does an old word."""
    written = set(re.findall(r"`(SELLERSYNC_[A-Z_{}]+)`", PAGE.read_text()))

    assert written == (
        variables(Settings, "SELLERSYNC_")
        | variables(TikTokShopSettings, "SELLERSYNC_TIKTOK_SHOP__")
        | variables(TemuApp, "SELLERSYNC_TEMU__{ZONE}__")
    )
