-- ARGV: 1 owner  2 lease in ms  3 at least. Answers as the port's ClaimOutcome, JSON.
local lease = read_lease()
local now = now_ms()
if lease.owner ~= '' and lease.owner ~= ARGV[1] and lease.expires_at_ms > now then
  return '{"outcome":"taken","owner":' .. cjson.encode(lease.owner)
    .. ',"fence":' .. string.format('%.0f', lease.fence)
    .. ',"expiresInMs":' .. string.format('%.0f', lease.expires_at_ms - now) .. '}'
end
local fence = math.max(lease.fence, tonumber(ARGV[3])) + 1
write_lease(ARGV[1], fence, now + tonumber(ARGV[2]))
return '{"outcome":"claimed","fence":' .. string.format('%.0f', fence) .. '}'
