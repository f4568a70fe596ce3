-- Put in front of every step on a queue: how one kernel's queue lies in Redis.
-- The rules are those of run/run-queue-state.ts; a test compares the two on random sequences.
--
-- Redis does one step at a time, for all kernels, and most of a step's time is Lua's. So a step makes few calls: what has a name lies in
-- one hash, is read by one call and written by one. It handles few bytes: JSON that the hub wrote is passed on as it is, and joined by
-- the hub (stored-views.ts). And it declares few functions, since each is made anew each time: parts that only some steps need lie
-- in files of their own, and what is needed at one place only stands there.
--
-- KEYS: 1 queue (hash), with these fields:
--         number; held; rules, JSON, once they were set; fence, the highest issued or seen
--         turn, once the queue was fair: 'ROUND\n', the round that is run, and 'AUTHOR\n' of each who had theirs of it
--         running: 'STARTED-AT\n' and the place that the run had, or empty
--         'run RUN-ID', JSON, as long as the run is kept: what never changes of its view, and what only the owner needs
--         'source HASH', JSON without braces; 'uses HASH', how many runs that wait or run have it
--         'request ID', 'RUN-ID\n' of each run that it queued, and what it was answered, JSON
--       2 places of the waiting (list of 'HASH\nRUN-ID\nROUND\nAUTHOR\nCELL'; a run without a cell has an empty one)
--       3 the ended (list of 'FINISHED-AT\nRUN-ID\nSTARTED-AT\nEND', END being JSON without braces)
--       4 changes (stream; the entry of change N has the id N-0 and one field: 'change', as it was told, or
--         'added', of each run that it added 'AT\nRUN-ID\n'), and the channel on which they are told
--       5 order of the requests (list of ids); of the steps that need it only
--
-- RUN-ID, AUTHOR and times are JSON, so that no line's end is in them and they need not be encoded here. A HASH is the first half of a
-- source's, which is long enough; what a Jupyter client asked for is kept with its source, by the run's id.

-- How many that ended, requests and changes are kept at least; some more, so that they go by a hundred at once.
local KEPT, MOST_KEPT = 1000, 1100

-- What these fields have; false for those that are not there.
local function read(...)
  return unpack(redis.call('HMGET', KEYS[1], ...))
end

-- As text: Lua makes text of a number anew each time that it is joined. Of what is not there, 1.
local function one_more(number)
  return string.format('%d', (number or 0) + 1)
end

-- Tells a change, JSON as queue-delta.ts reads it, and keeps it, `added` instead of it if that is given. The step writes its number.
local function tell(number, change, added)
  redis.call('XADD', KEYS[4], number .. '-0', added and 'added' or 'change', added or change)
  if number % 100 == 0 then redis.call('XTRIM', KEYS[4], 'MAXLEN', '~', KEPT) end
  redis.call('PUBLISH', KEYS[4], change)
end
