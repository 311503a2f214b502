"""What in TikTok Shop's payloads is about a person.

https://partner.tiktokshop.com/docv2/page/get-order-list-202309; much of it is masked while
TikTok ships, and none of it is guaranteed to be.
"""

from collections.abc import Mapping
from types import MappingProxyType

from worker.domain.personal import PersonalData
from worker.domain.records import Stream

PERSONAL_DATA: Mapping[Stream, PersonalData] = MappingProxyType(
    {
        Stream.ORDERS: PersonalData(
            names=frozenset(
                {
                    *("user_id", "buyer_email", "buyer_nickname", "buyer_message"),
                    # Sellers write about their buyers.
                    "seller_note",
                    # The Brazilian tax number of the buyer, and the name that goes with it.
                    *("cpf", "cpf_name"),
                    "recipient_address",
                    "payment_auth_code",
                }
            ),
            # The country of the recipient: what taxes go by.
            kept=frozenset({"region_code"}),
        ),
        Stream.PRODUCTS: PersonalData(),
    }
)
