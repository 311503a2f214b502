-- A call was refused: stop everybody with the same limit for a while, and lower it.
--
-- KEYS[1]  hash: what is remembered of the app
-- KEYS[2]  hash: the limit
-- KEYS[3]  sorted set: the names of limits that were refused, by when
-- ARGV     length of the pause, name of the limit, factor, least share, shortest time
--          between two cuts
--
-- A longer pause stands. Calls that have their slot already are sent: at most a tenth of a
-- second. Replies the share that is left, in millionths.

local length, name = tonumber(ARGV[1]), ARGV[2]
local factor, least, apart = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local memory = read_memory(KEYS[1], -1)
local clock = memory.clock
local held = redis.call('HMGET', KEYS[2], 'paused', 'factor', 'cut')
local paused, cut = tonumber(held[1]) or 0, tonumber(held[3]) or 0
local share = share_of(tonumber(held[2]), cut, paused, clock)

-- One refusal seldom comes alone: those of the same moment are one piece of news.
if clock - cut >= apart then
  share = math.max(share * factor, least)
  redis.call('HSET', KEYS[2], 'factor', tostring(share), 'cut', digits(clock))
end
paused = math.max(paused, clock + length)
redis.call('HSET', KEYS[2], 'paused', digits(paused))
local well = paused + (1 - least) / RECOVERY
expire(KEYS[2], math.max(redis.call('PTTL', KEYS[2]) * 1000, well - clock + KEEP))

redis.call('ZADD', KEYS[3], digits(clock), name)
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -101)
expire(KEYS[3], math.max(redis.call('PTTL', KEYS[3]) * 1000, well - clock + KEEP))
write_memory(KEYS[1], memory)
return millionths(share)
