"""Our words as frozen values, the Marketplace protocol and the error tree; nothing here does I/O.

marketplace    `tiktok_shop` or `temu`
zone           where an app lives: Temu `us`, `eu`, `global`; TikTok Shop `default`
app            one registered application: marketplace + zone + key + secret + limits
authorization  one seller's grant to one app: tokens, expiries, scopes, state
shop           what data belongs to; `shop_key` = `{marketplace}:{zone}:{id}`
stream         `orders` or `products` of one shop
pull           one run that brings a stream up to date; made of pages
window         the closed time range `[start, end]` a pull covers
watermark      everything at or before it is complete in our database
backfill       the first pull of history, in slices, beside the live pulls
slice          a window of history that is read on its own
budget         the calls per second that one app (and shop) may send
freshness      now minus watermark
change         one row of the append-only change feed
"""
