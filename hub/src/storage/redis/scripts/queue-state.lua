-- Put in front of every step on a queue: how one kernel's queue lies in Redis.
-- The rules are those of run/run-queue-state.ts; a test compares the two on random sequences.
--
-- Redis does one step at a time, for all kernels, and most of a step's time is Lua's. So a step makes few calls: what has a name lies in
-- one hash, is read by one call and written by one. It handles few bytes: JSON that the hub wrote is passed on as it is, and joined by
-- the hub (stored-views.ts). And it declares few functions, since each is made anew each time: parts that only some steps need lie
-- in files of their own, and what is needed at one place only stands there.
--
-- KEYS: 1 queue (hash), with these fields:
--         number; held; rules, JSON, once they were set; round, that is run; fence, the highest issued or seen
--         running: 'STARTED-AT HASH RUN-ID', or empty; the time is JSON
--         of a run that waits or runs: 'run ID', JSON: what never changes of its view, and what only the owner needs;
--         'client ID', JSON: what a Jupyter client asked for, if one did
--         'source HASH', JSON; 'uses HASH', how many runs that wait or run have it
--         'request ID', what it was answered, JSON: a run that was queued by its id; 'served AUTHOR', the last round in which they had
--         a run
--       2 places of the waiting (list of what queue-places.lua packs)
--       3 the ended (list of 'FINISHED-AT RUN-ID VIEW', the view as JSON without braces)  4 order of the requests (list of ids)
--       5 changes (stream; the entry of change N has the id N-0), and the channel on which they are told
--
-- A HASH is the first half of a source's, which is long enough.

-- How many that ended, requests and changes are kept at least; some more, so that they go by a hundred at once.
local KEPT, MOST_KEPT = 1000, 1100

-- What these fields have; false for those that are not there.
local function read(...)
  return unpack(redis.call('HMGET', KEYS[1], ...))
end

local function number_text(number)
  return string.format('%d', number)
end

-- Tells what a step changed, the last change but this having had the number `last`: JSON without braces, as queue-delta.ts reads it, in
-- up to three parts, which are joined only here. The step writes the number that this answers.
local function tell(last, new, more, rest)
  local number = number_text((last or 0) + 1)
  local change = '{"number":' .. number .. ',' .. new .. (more or '') .. (rest or '') .. '}'
  redis.call('XADD', KEYS[5], number .. '-0', 'change', change)
  if number % 100 == 0 then redis.call('XTRIM', KEYS[5], 'MAXLEN', '~', KEPT) end
  redis.call('PUBLISH', KEYS[5], change)
  return number
end
