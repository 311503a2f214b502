"""Ask Temu for the price and stock of SKUs."""

from collections.abc import Iterable, Mapping

from worker.domain.errors import UnreadableReply
from worker.domain.marketplace import Conversation
from worker.marketplaces.temu import calls
from worker.marketplaces.temu.fields import NotUnderstood, Row, required, row
from worker.marketplaces.temu.pages import whole_listing


def skus_by_id(sku_ids: Iterable[str]) -> Conversation[Mapping[str, Row]]:
    """Read these SKUs; those that are neither for sale nor not for sale are left out."""
    found: dict[str, Row] = {}
    missing = tuple(dict.fromkeys(sku_ids))
    for sale in calls.Sale:
        for ids in calls.in_batches(missing):
            call = calls.sku_list(ids, sale=sale)
            payload = yield call
            found |= _by_id(call.endpoint, payload)
        missing = tuple(sku_id for sku_id in missing if sku_id not in found)
    return found


def _by_id(endpoint: str, payload: object) -> dict[str, Row]:
    skus = whole_listing(endpoint, payload, items="skuList", total="total")
    try:
        return {
            required(sku, "skuId"): sku for sku in (row(sku, "SKU") for sku in skus)
        }
    except NotUnderstood as error:
        raise UnreadableReply(endpoint, str(error)) from error
