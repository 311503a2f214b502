"""TikTok Shop's token host and business API, as far as a reader of orders needs them."""
