"""Everything sellersync knows about Temu; no I/O, and no import of another marketplace."""

from worker.domain.marketplace import Marketplace
from worker.marketplaces.temu.marketplace import Temu

MARKETPLACE: Marketplace = Temu()
