-- Put in front of every step on a lease; the rules are those of run/lease-state.ts. Time is Redis's own.
--
-- KEYS: 1 lease (hash: owner, empty after it was given back; fence, the highest issued; expiresAtMs, or when it was given back)
--       2 of a kernel, to claim it: its queue (queue-state.lua), which is told each fence, so that its steps need not look here

-- Long after the last step nobody remembers the lease; whoever saw its fence elsewhere brings it as `at least`.
local FORGET_AFTER_SECONDS = 90 * 24 * 3600

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function read_lease()
  local values = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'expiresAtMs')
  return { owner = values[1] or '', fence = tonumber(values[2] or '0'), expires_at_ms = tonumber(values[3] or '0') }
end

local function write_lease(owner, fence, expires_at_ms)
  redis.call('HSET', KEYS[1], 'owner', owner, 'fence', string.format('%.0f', fence),
    'expiresAtMs', string.format('%.0f', expires_at_ms))
  redis.call('EXPIRE', KEYS[1], FORGET_AFTER_SECONDS)
end
