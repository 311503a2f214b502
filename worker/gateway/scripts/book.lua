-- Book the next free call of an app, or a place in the queue for it.
--
-- KEYS[1]   hash: what is remembered of the app
-- KEYS[2]   sorted set: tickets waiting, by class and start tag
-- KEYS[3]   sorted set: tickets waiting, by when they come back
-- KEYS[4]   sorted set: sellers, by the finish tag of their last turn, within their class
-- KEYS[5..] hashes: the limits that the call counts against; callers queue for the first
--
-- ARGV[1] ticket, [2] class (0 is the most urgent), [3] its floor (part of the limit),
-- [4] seller, [5] 'new' | 'back' (at its appointment) | 'late' (for its slot),
-- [6] the number of the slot missed, [7] patience, [8] how soon after the answer it can send,
-- [9] the pad it needs (-1: not known yet), [10] the widest pad, [11] the clock as it
-- predicts it (-1: it cannot), [12] the learned part of the first limit as it last heard
-- of it, [13] how many calls it could use; then for each limit: calls, per.
--
-- Replies {what, wait, clock, number, gap, calls, share}. What: 0 come back later (nothing is
-- booked), 1 a slot (or `calls` of them, `gap` apart), 2 an appointment: ask again then.
-- The share is in millionths.

-- The queue's score is class * CLASS + start tag * TURN + order of arrival, which is exact
-- in a double.
local CLASS = 1e15
local TURN = 1e5
-- Slots are fixed so long before they come: later than any ordinary delay of a caller,
-- early enough for whoever is urgent to overtake all others.
local NEAR_MOST, NEAR_LEAST = 100000, 50000
-- A caller that is this late for its appointment is passed over, and after GONE forgotten.
local PUNCTUAL = 20000
local GONE = SECOND
-- A call may leave a hole of this length before its slot; a longer one is for others.
local HOLE = 10000
-- Beyond so many calls a second, slots are too close to be worth a row each.
local ROWS_MOST = 1000
local SHORTEST_WAIT = 2000
local CAUTION = 1.4

local ticket, class, floor = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local seller, step, missed = ARGV[4], ARGV[5], tonumber(ARGV[6])
local patience, reach = tonumber(ARGV[7]), tonumber(ARGV[8])
local wanted = tonumber(ARGV[13])

local memory = read_memory(KEYS[1], tonumber(ARGV[11]))
local clock = memory.clock
memory.pad = math.max(memory.pad, tonumber(ARGV[9]))
local pad = math.max(memory.pad, memory.pad_before)
if pad < 0 then
  pad = tonumber(ARGV[10])
end

-- The limits: when each is free, and how far apart its slots are.
local limits = {}
for i = 5, #KEYS do
  local calls, per = tonumber(ARGV[4 + 2 * i]), tonumber(ARGV[5 + 2 * i])
  local held = redis.call('HMGET', KEYS[i], 'next', 'paused', 'factor', 'cut', 'promised',
                          'count', 'line', 'number')
  local paused = tonumber(held[2]) or 0
  local limit = { key = KEYS[i], free = 0, gap = 0, paused = paused,
                  promised = tonumber(held[5]) or 0, line = tonumber(held[7]) or 0 }
  if memory.fresh and i == 5 and tonumber(ARGV[12]) < 1 then
    -- Redis lost what it had learned; its callers have not.
    limit.factor = tonumber(ARGV[12])
    held[3], held[4] = limit.factor, clock
  end
  limit.share = share_of(tonumber(held[3]), tonumber(held[4]), paused, clock)
  if per == SECOND then
    limit.gap = (per + pad) / (calls * limit.share)
    limit.free = tonumber(held[1]) or 0
    limit.number = tonumber(held[8]) or 0
    limit.rows = math.max(calls, 1) <= ROWS_MOST and math.max(calls, 1)
    limit.apart = (per + pad) * math.max(1 / calls, 1)
  else
    limit.period = math.floor(memory.wall / per)
    limit.count = tonumber(held[1]) == limit.period and tonumber(held[6]) or 0
    if limit.count >= calls then
      limit.free = clock + (limit.period + 1) * per - memory.wall
    end
    limit.left = math.floor(calls) - limit.count
  end
  limit.free = math.max(limit.free, paused)
  limits[#limits + 1] = limit
end
local main = limits[1]
local near = math.min(math.max(2 * main.gap, NEAR_LEAST), NEAR_MOST)
local slack = math.min(main.gap / 2, NEAR_LEAST / 2)
-- A slot is fixed so long before it comes; who can only send later than that, because it is
-- late or Redis is far away, is told as early as it needs.
local horizon = math.max(near + slack, reach)
-- Whatever was sent just before the memory was lost is out of the window by then.
local quiet = math.max(SECOND + pad, main.gap) + NEAR_MOST
local ready = math.max(clock + reach, memory.since + quiet, main.free)
local side, gap = 0, main.gap
for i = 2, #limits do
  side = math.max(side, limits[i].free)
  gap = math.max(gap, limits[i].gap)
end

local function reply(what, wait, number, calls)
  write_memory(KEYS[1], memory)
  if main.factor then
    redis.call('HSET', main.key, 'factor', tostring(main.factor), 'cut', digits(clock))
  end
  return { what, math.ceil(wait), clock, number, math.ceil(gap), calls,
           millionths(main.share) }
end

-- Slots that are a second apart are of one row: a limit has as many rows as a second may
-- hold calls. As long as the calls of each row keep their distance, no sliding second holds
-- too many, however late single ones are. So a late call delays the next one of its row
-- only.
local function row_of(number)
  return 'row:' .. number % main.rows
end

local function free_in_row(number, slot)
  local before = tonumber(redis.call('HGET', main.key, row_of(number))) or 0
  return math.max(slot, before + main.apart)
end

local function book(slot, calls)
  local sent = slot
  if main.rows then
    sent = free_in_row(main.number, slot)
    local further = 1
    while sent == slot and further < calls
        and free_in_row(main.number + further, slot + further * gap) == slot + further * gap do
      further = further + 1
    end
    calls = further
    for i = 0, calls - 1 do
      redis.call('HSET', main.key, row_of(main.number + i), digits(sent + i * gap))
    end
    -- A row that is a whole slot late makes all later ones wait for it.
    slot = sent - slot < main.gap and slot or sent
  end
  local last = slot + (calls - 1) * gap
  for _, limit in ipairs(limits) do
    if limit.count then
      redis.call('HSET', limit.key, 'next', digits(limit.period),
                 'count', digits(limit.count + calls))
      expire(limit.key, 2 * 3600 * SECOND)
    else
      local next = math.max(last, limit == main and 0 or sent) + limit.gap
      redis.call('HSET', limit.key, 'next', digits(next),
                 'number', digits(limit.number + calls))
      expire(limit.key, math.max(next, limit.free) - clock + KEEP)
    end
  end
  memory.used = memory.used + calls
  return reply(1, sent - clock, main.number, calls)
end

-- A slot missed by waking up late is used now, if the next call of its row has none yet.
-- Where that is not possible, the caller is the first to get another.
local head = step == 'late'
if head and main.rows and #limits == 1 and main.number - missed <= main.rows
    and math.max(main.paused, memory.since + quiet) <= clock then
  redis.call('HSET', main.key, row_of(missed), digits(clock + reach))
  return reply(1, reach, missed, 1)
end

local waiting = redis.call('ZCARD', KEYS[2])
if (waiting == 0 or head) and side <= ready + HOLE and ready <= clock + horizon then
  local room = math.floor((clock + near - ready) / gap) + 1
  local calls = math.max(1, math.min(wanted, room))
  for _, limit in ipairs(limits) do
    calls = math.min(calls, limit.left or calls)
  end
  return book(math.max(ready, side), calls)
end

local first = class * CLASS
local flow = class .. ':' .. seller
local member = ticket .. '|' .. flow

-- There is a queue: the place in it is by class, then by start-time fair queueing: a
-- seller's next turn starts where its last one finished, but not before the turn that is
-- being served (Goyal, Vin, Cheng 1997). Turns that it waits for already come before.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', digits(clock - GONE),
                                 'LIMIT', 0, 20)) do
  leave_queue(KEYS[2], KEYS[3], main.key, gone)
end
redis.call('ZREM', KEYS[3], member)
local score = tonumber(redis.call('ZSCORE', KEYS[2], member))
local known = score ~= nil
local virtual = tonumber(redis.call('HGET', main.key, 'virtual:' .. class)) or 0
local start, rank
local promoted = known and score < 0
if known then
  start = promoted and virtual or math.floor((score - first) / TURN)
  rank = redis.call('ZRANK', KEYS[2], member)
else
  local finish = tonumber(redis.call('ZSCORE', KEYS[4], flow)) or first
  local queued = tonumber(redis.call('HGET', main.key, 'queued:' .. flow)) or 0
  start = math.max(virtual, (finish - first) / TURN) + queued
  score = first + start * TURN + redis.call('HINCRBY', main.key, 'arrivals', 1) % TURN
  rank = redis.call('ZCOUNT', KEYS[2], '-inf', digits(score))
end
local overdue = redis.call('ZCOUNT', KEYS[3], '-inf', digits(clock - PUNCTUAL))
local higher = class > 0 and redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. digits(first)) or 0
local ahead = math.max(rank - overdue, 0)
local wait = ready - clock + ahead * main.gap
-- Whoever is less urgent gets at least the floor of its class: the first of a class comes
-- before all others once that is due.
local served = tonumber(redis.call('HGET', main.key, 'served:' .. class)) or 0
local apart = main.gap / floor
if higher > 0 and not promoted then
  local due, before = served + apart - clock, math.max(rank - higher, 0)
  if before == 0 and due <= horizon then
    promoted = true
    score = score - first - CLASS
    wait = ready - clock
    if known then
      redis.call('ZADD', KEYS[2], digits(score), member)
    end
  end
  wait = math.min(wait, math.max(ready - clock, due) + before * apart)
end

-- Another limit will not be free at its turn: the call comes back so that it is, and has
-- no place before, or others would wait behind it. Those in the queue were promised the
-- times up to `promised`; the others stand in line so that not all come back at once.
for i = 2, #limits do
  local limit = limits[i]
  local free = known and limit.free or math.max(limit.free, limit.promised)
  if free > clock + math.max(wait, 0) + HOLE then
    local line = math.max(free, known and 0 or limit.line)
    local later = math.max(line - wait - HOLE / 2 - clock, SHORTEST_WAIT)
    if known then
      leave_queue(KEYS[2], KEYS[3], main.key, member)
    elseif later <= patience then
      redis.call('HSET', limit.key, 'line', digits(line + limit.gap))
      expire(limit.key, line - clock + KEEP)
    end
    return reply(later > patience and 0 or 2, later, 0, 0)
  end
end
local slot = math.max(ready, side)

if wait <= horizon and slot - clock <= math.max(patience, near, reach) then
  if known then
    leave_queue(KEYS[2], KEYS[3], main.key, member)
  end
  -- A turn is over when as many calls were sent as sellers wait: otherwise sellers who come
  -- for one call each would always be ahead of one who has had a call already.
  local sellers = tonumber(redis.call('HGET', main.key, 'sellers:' .. class)) or 0
  if redis.call('HINCRBY', main.key, 'turn:' .. class, 1) > sellers then
    redis.call('HSET', main.key, 'turn:' .. class, '0')
    virtual = virtual + 1
  end
  virtual = math.max(virtual, start)
  redis.call('ZADD', KEYS[4], digits(first + (start + 1) * TURN), flow)
  redis.call('ZREMRANGEBYSCORE', KEYS[4], digits(first), digits(first + virtual * TURN))
  expire(KEYS[4], KEEP)
  redis.call('HSET', main.key, 'virtual:' .. class, digits(virtual),
             'served:' .. class, digits(math.max(served + apart, slot - apart)))
  return book(slot, 1)
end

-- How long it takes; for who is new, if all others who have turns to come take them first,
-- because whoever is let in should also be served, although others may come in before it.
local expected = math.max(wait, slot - clock)
if higher == 0 and not known then
  local sellers = tonumber(redis.call('HGET', main.key, 'sellers:' .. class)) or 0
  local turns = (start - virtual) * sellers * main.gap
  expected = math.max(expected, ready - clock + turns * CAUTION)
end
-- Whoever is next has waited long enough not to be sent away now.
if expected > math.max(patience, known and 2 * NEAR_MOST or 0) then
  if known then
    leave_queue(KEYS[2], KEYS[3], main.key, member)
  end
  return reply(0, expected, 0, 0)
end

if not known then
  redis.call('ZADD', KEYS[2], digits(score), member)
  if redis.call('HINCRBY', main.key, 'queued:' .. flow, 1) == 1 then
    redis.call('HINCRBY', main.key, 'sellers:' .. class, 1)
  end
  for i = 2, #limits do
    local limit = limits[i]
    local turn = math.max(limit.free, limit.promised, clock + wait)
    redis.call('HSET', limit.key, 'promised', digits(turn + limit.gap))
    expire(limit.key, turn - clock + KEEP)
  end
end
wait = math.max(wait - near, SHORTEST_WAIT)
redis.call('ZADD', KEYS[3], digits(clock + wait), member)
expire(KEYS[2], patience + KEEP)
expire(KEYS[3], patience + KEEP)
expire(main.key, math.max(main.free - clock, 0) + patience + KEEP)
return reply(2, wait, 0, 0)
