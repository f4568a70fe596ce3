-- Put in front of steps on any number of runs, behind queue-state.lua: they note what they change in the queue's hash, and write it
-- by one call or, of hundreds of runs, by a few.

local noted, removed, uses = {}, {}, {}

local function write()
  if #noted > 0 then redis.call('HSET', KEYS[1], unpack(noted)) end
  if #removed > 0 then redis.call('HDEL', KEYS[1], unpack(removed)) end
  noted, removed = {}, {}
end

local function note(name, value)
  local count = #noted
  noted[count + 1], noted[count + 2] = name, value
  if count > 1000 then write() end
end

-- A field that is not noted again in the same step.
local function remove(name)
  local count = #removed
  removed[count + 1] = name
  if count > 1000 then write() end
end

-- One run more, or less, has the source of this hash; answers how many do.
local function count_use(hash, more)
  local name = 'uses ' .. hash
  uses[hash] = (uses[hash] or tonumber(read(name) or 0)) + more
  if uses[hash] > 0 then note(name, uses[hash]) else remove(name) end
  return uses[hash]
end

-- Lets the oldest of a list of this length go when they are too many; answers them.
local function let_go(key, length)
  return length > MOST_KEPT and redis.call('LPOP', key, length - KEPT) or {}
end
