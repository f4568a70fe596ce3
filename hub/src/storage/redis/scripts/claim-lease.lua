-- ARGV: 1 owner  2 lease in ms  3 at least  4 free for ms. Answers as the port's PatientClaimOutcome, JSON.
local lease = read_lease()
local now = now_ms()
if lease.owner ~= '' and lease.owner ~= ARGV[1] and lease.expires_at_ms > now then
  return '{"outcome":"taken","owner":' .. cjson.encode(lease.owner)
    .. ',"fence":' .. string.format('%.0f', lease.fence)
    .. ',"expiresInMs":' .. string.format('%.0f', lease.expires_at_ms - now) .. '}'
end
local in_ms = lease.expires_at_ms + tonumber(ARGV[4]) - now
if lease.owner ~= ARGV[1] and tonumber(ARGV[4]) > 0 and in_ms > 0 then
  return '{"outcome":"notYet","inMs":' .. string.format('%.0f', in_ms) .. '}'
end
local fence = math.max(lease.fence, tonumber(ARGV[3])) + 1
write_lease(ARGV[1], fence, now + tonumber(ARGV[2]))
if KEYS[2] then redis.call('HSET', KEYS[2], 'fence', string.format('%.0f', fence)) end
return '{"outcome":"claimed","fence":' .. string.format('%.0f', fence) .. '}'
