-- Ask, shortly before its slot, whether a booking still holds; all times in microseconds.
--
-- KEYS[1]  hash of the key
-- KEYS[2]  hash of the app
-- ARGV     slot, since (both as booked)
--
-- Replies {holds 0|1, wait}.

if redis.call('HGET', KEYS[2], 'since') ~= ARGV[2] then
  return {0, 0} -- Redis began anew: others may have booked the same slot
end

local slot = tonumber(ARGV[1])
if tonumber(redis.call('HGET', KEYS[1], 'paused') or 0) > slot then
  return {0, 0}
end

local time = redis.call('TIME')
return {1, slot - (time[1] * 1000000 + time[2])}
