"""What in Temu's payloads is about a person: the parts that orders tell of an address.

Names, streets and phones are in calls that need a permission of their own; nothing here
makes them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from worker.domain.personal import PersonalData
from worker.domain.records import Stream

PERSONAL_DATA: Mapping[Stream, PersonalData] = MappingProxyType(
    {
        Stream.ORDERS: PersonalData(
            # `regionName1` is the country, the others lead to the town. What
            # `paymentInfo` can hold is not documented.
            names=frozenset({"regionName2", "regionName3", "paymentInfo"})
        ),
        Stream.PRODUCTS: PersonalData(),
    }
)
