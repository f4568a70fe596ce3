-- ARGV: 1 fence  2 lease in ms. Answers as the port's RenewOutcome, JSON.
local lease = read_lease()
if lease.owner == '' or lease.fence ~= tonumber(ARGV[1]) then
  return '{"outcome":"stale","highestFence":' .. string.format('%.0f', lease.fence) .. '}'
end
write_lease(lease.owner, lease.fence, now_ms() + tonumber(ARGV[2]))
return '{"outcome":"renewed"}'
