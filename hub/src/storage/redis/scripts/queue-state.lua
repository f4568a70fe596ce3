-- Put in front of every step on a queue: how one kernel's queue lies in Redis.
-- The rules are those of run/run-queue-state.ts; a test compares the two on random sequences.
--
-- Redis does one step at a time, for all kernels. So a step makes few calls: what has a name lies in one hash, is read by one call
-- and written by one. And it handles few bytes: JSON that the hub wrote is passed on as it is, and joined by the hub (stored-views.ts).
--
-- KEYS: 1 queue (hash), with these fields:
--         number; held; rules, JSON, once they were set; round, that is run; fence, the highest seen
--         running: 'STARTED-AT HASH RUN-ID', or empty; the time is JSON
--         'run ID', JSON: what never changes of its view; 'end ID', of one that ended, JSON: what the end added to that
--         'rest ID', of a run that waits or runs, JSON: what only the owner needs
--         'source HASH', JSON; 'uses HASH', how many runs that wait or run have it
--         'request ID', what it was answered; 'served AUTHOR', the last round in which they had a run
--       2 places of the waiting (list of what `pack_place` gives)
--       3 order of the ended (list of 'FINISHED-AT RUN-ID')  4 order of the requests (list of ids)
--       5 changes (stream; the entry of change N has the id N-0), and the channel on which they are told  6 lease (hash)

-- How many that ended, requests and changes are kept at least; some more, so that they go by a hundred at once.
local KEPT, MOST_KEPT = 1000, 1100

-- What these fields have; false for those that are not there.
local function read(...)
  return unpack(redis.call('HMGET', KEYS[1], ...))
end

local function number_text(number)
  return string.format('%d', number)
end

-- What `running` has: when it was started, the hash of its source, its id; nothing when no run is running.
local function parse_running(text)
  return string.match(text or '', '^(%S+) (%S+) (.*)$')
end

local function pack_place(place)
  return cmsgpack.pack({ place.round, place.run_id, place.author, place.cell, place.hash })
end

-- `cell`: empty of a run without one.
local function parse_place(text)
  local place = cmsgpack.unpack(text)
  return { round = place[1], run_id = place[2], author = place[3], cell = place[4], hash = place[5], text = text }
end

-- The places of the waiting, in order.
local function waiting()
  local places = redis.call('LRANGE', KEYS[2], 0, -1)
  for index = 1, #places do places[index] = parse_place(places[index]) end
  return places
end

-- The answer to a fence that is behind the highest issued or `seen`; nil to one that is not, which is remembered.
local function stale_answer(fence, seen)
  seen = tonumber(seen or 0)
  local highest = math.max(seen, tonumber(redis.call('HGET', KEYS[6], 'fence') or 0))
  if fence < highest then return '{"outcome":"stale","highestFence":' .. number_text(highest) .. '}' end
  if fence > seen then redis.call('HSET', KEYS[1], 'fence', number_text(fence)) end
  return nil
end

-- Tells what a step changed: JSON without braces, as queue-delta.ts reads it.
local function tell(number, new)
  local change = '{"number":' .. number .. ',' .. new .. '}'
  redis.call('XADD', KEYS[5], number .. '-0', 'change', change)
  if number % 100 == 0 then redis.call('XTRIM', KEYS[5], 'MAXLEN', '~', KEPT) end
  redis.call('PUBLISH', KEYS[5], change)
end

-- The number of this step, when the last one that changed something had this.
local function next_number(last)
  return number_text((last or 0) + 1)
end
