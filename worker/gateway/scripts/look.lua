-- Tell how one limit of an app stands; changes nothing.
--
-- KEYS[1]  hash: what is remembered of the app
-- KEYS[2]  hash: the limit
-- KEYS[3]  sorted set: tickets waiting
--
-- Replies {share in millionths, paused for, waiting, pad (-1: not known yet),
-- thousandths of calls per second of the app}.

local memory = read_memory(KEYS[1], -1)
local clock = memory.clock
local held = redis.call('HMGET', KEYS[2], 'paused', 'factor', 'cut')
local paused, cut = tonumber(held[1]) or 0, tonumber(held[3]) or 0
local share = share_of(tonumber(held[2]), cut, paused, clock)

local over = clock / PERIOD - memory.period
local calls = memory.used_before * (1 - over) + memory.used
return {
  millionths(share), math.max(math.ceil(paused - clock), 0),
  redis.call('ZCARD', KEYS[3]), math.max(memory.pad, memory.pad_before),
  math.floor(1000 * calls * SECOND / PERIOD),
}
