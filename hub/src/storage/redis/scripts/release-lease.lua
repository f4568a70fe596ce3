-- ARGV: 1 fence. Answers nothing.
local lease = read_lease()
if lease.owner ~= '' and lease.fence == tonumber(ARGV[1]) then write_lease('', lease.fence, now_ms()) end
return ''
