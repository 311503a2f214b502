-- Book the next free call of one key, by Redis's own clock; all times in microseconds.
--
-- KEYS[1]  hash of the key: `next` free slot, `paused` until, `since` as of that booking
-- KEYS[2]  hash of the app: `since` when Redis remembers its calls, `last` time it was asked
-- KEYS[3]  beginning of the names of the app's per-second counters
-- ARGV     interval between slots, patience, quiet, remember
--
-- Replies {booked 0|1, wait, slot, since}.

local function digits(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
local quiet, remember = tonumber(ARGV[3]), tonumber(ARGV[4])

-- A memory that is empty, or from a time still to come because the clock was set back, knows
-- nothing of the calls just sent: it begins anew and takes the last second as full.
local app = redis.call('HMGET', KEYS[2], 'since', 'last')
local since, last = tonumber(app[1] or 0), tonumber(app[2] or 0)
if since == 0 or now < last then
  since = now
end
redis.call('HSET', KEYS[2], 'since', digits(since), 'last', digits(now))
redis.call('PEXPIRE', KEYS[2], digits(remember / 1000))

local state = redis.call('HMGET', KEYS[1], 'next', 'paused', 'since')
local paused = tonumber(state[2] or 0)
local free = 0
if tonumber(state[3] or 0) == since then
  free = tonumber(state[1])
end

local slot = math.max(now, since + quiet, paused, free)
if slot - now > patience then
  return {0, slot - now, 0, 0}
end

local following = slot + interval
redis.call('HSET', KEYS[1], 'next', digits(following), 'since', digits(since))
-- A minute after its last slot, a key says nothing that the app's `since` does not say.
redis.call('PEXPIRE', KEYS[1], digits((following - now) / 1000 + 60000))

-- Same hash tag, so the same node, although the second is only known here.
local counter = KEYS[3] .. digits(math.floor(slot / 1000000))
redis.call('INCR', counter)
redis.call('EXPIRE', counter, 60)

return {1, slot - now, slot, since}
