-- What every script of the budget begins with; all times in microseconds.
--
-- The clock of an app is Redis's own, kept from jumping: it never goes back, and where a
-- caller proves by its monotonic clock that it went ahead too far, it is held. `offset` is
-- what lies between the two. Without that, a clock that is set would double a second, or
-- silence an app for as long as it was set back.

local SECOND = 1000000
-- What a clock and a slow answer may differ by before the clock is held to have been set.
local JUMP = 100000
-- The part of the limit that a lowered one gets back, per microsecond.
local RECOVERY = 0.05 / SECOND
-- Calls are counted, and pads are known, for this period and the one before.
local PERIOD = 5 * SECOND
-- An app that rested for so long starts anew, as if Redis had forgotten it.
local REMEMBER = 24 * 3600 * SECOND
-- After its last slot a limit says nothing that the app's memory does not say.
local KEEP = 60 * SECOND

local function digits(number)
  return string.format('%.0f', number)
end

local function millionths(share)
  return math.floor(share * 1e6 + 0.5)
end

local function expire(key, after)
  redis.call('PEXPIRE', key, digits(after / 1000))
end

-- Read what Redis remembers of an app; a memory that is empty, or not to be trusted, begins `fresh`.
local function read_memory(key, predicted)
  local time = redis.call('TIME')
  local wall = time[1] * SECOND + time[2]
  local held = redis.call('HMGET', key, 'since', 'last', 'offset',
                          'period', 'used', 'used_before', 'pad', 'pad_before')
  local memory = {
    since = tonumber(held[1]),
    offset = tonumber(held[3]) or 0,
    used = tonumber(held[5]) or 0,
    used_before = tonumber(held[6]) or 0,
    pad = tonumber(held[7]) or -1,
    pad_before = tonumber(held[8]) or -1,
    wall = wall,
  }
  local clock = wall + memory.offset
  if memory.since then
    local last = tonumber(held[2])
    if predicted >= 0 and clock > predicted + JUMP then
      -- So far ahead, limits may have expired before their time.
      memory.fresh = clock > predicted + KEEP / 2
      clock = math.max(predicted, last)
    end
    clock = math.max(clock, last)
    memory.offset = clock - wall
  end
  if memory.fresh or not memory.since then
    memory.fresh = true
    memory.since = clock
  end
  memory.clock = clock

  local period = math.floor(clock / PERIOD)
  local passed = period - (tonumber(held[4]) or 0)
  if passed > 0 then
    memory.used_before = passed == 1 and memory.used or 0
    memory.pad_before = passed == 1 and memory.pad or -1
    memory.used, memory.pad = 0, -1
  end
  memory.period = period
  return memory
end

local function write_memory(key, memory)
  redis.call('HSET', key,
             'since', digits(memory.since), 'last', digits(memory.clock),
             'offset', digits(memory.offset), 'period', digits(memory.period),
             'used', digits(memory.used), 'used_before', digits(memory.used_before),
             'pad', digits(memory.pad), 'pad_before', digits(memory.pad_before))
  expire(key, REMEMBER)
end

-- The part of a limit that may be used: lowered by refusals, it comes back by and by.
local function share_of(factor, cut, paused, clock)
  if not factor then
    return 1
  end
  local well_since = math.max(cut, paused)
  return math.min(1, factor + RECOVERY * math.max(0, clock - well_since))
end

-- Give up a place in the queue. A ticket ends in `|class:seller`.
local function leave_queue(queue, appointments, limit, member)
  redis.call('ZREM', appointments, member)
  if redis.call('ZREM', queue, member) == 0 then
    return
  end
  local flow = string.match(member, '|(.*)$')
  if redis.call('HINCRBY', limit, 'queued:' .. flow, -1) <= 0 then
    redis.call('HDEL', limit, 'queued:' .. flow)
    redis.call('HINCRBY', limit, 'sellers:' .. string.match(flow, '^%d+'), -1)
  end
end
