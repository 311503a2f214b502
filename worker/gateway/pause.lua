-- Stop everybody with one key for a while; all times in microseconds.
--
-- KEYS[1]  hash of the key
-- ARGV     length
--
-- A longer pause stands. Bookings inside the pause are void, later ones keep their slots.

local time = redis.call('TIME')
local length = tonumber(ARGV[1])
local until_then = time[1] * 1000000 + time[2] + length
local paused = math.max(tonumber(redis.call('HGET', KEYS[1], 'paused') or 0), until_then)
redis.call('HSET', KEYS[1], 'paused', string.format('%.0f', paused))

local lives = math.max(redis.call('PTTL', KEYS[1]), length / 1000 + 60000)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', lives))
return 1
