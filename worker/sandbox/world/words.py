"""Made-up goods, people and notes."""

ADJECTIVES = (
    "Foldable", "Cordless", "Merino", "Ceramic", "Waterproof", "Mini", "Bamboo",
    "Stainless", "Quiet", "Vintage", "Soft", "Rechargeable",
)  # fmt: skip
GOODS = (
    "Kettle", "Desk Lamp", "Socks 3-Pack", "Phone Stand", "Rain Jacket", "Coffee Grinder",
    "Yoga Mat", "Lunch Box", "Bike Light", "Tea Set", "Café Cup", "茶壶", "Túi vải",
)  # fmt: skip
VARIANTS = ("Red", "Blue", "Black", "Small", "Large", "Set of 2")
NOTES = (
    "", "", "", "", "", "", "Please ring twice", "Gift, no invoice please 🎁",
    'He said "leave it" at the door', "Bitte beim Nachbarn abgeben", "after 18:00 / back door",
)  # fmt: skip
FIRST_NAMES = ("Ada", "Ben", "Chi", "Dana", "Emil", "Fay", "Goran", "Hana")
LAST_NAMES = ("Example", "Sample", "Testwood", "Mock", "Dummyson")
