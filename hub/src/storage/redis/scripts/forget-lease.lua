-- ARGV: 1 fence. Keeps nothing of a lease whose subject is gone for good. Answers nothing.
if read_lease().fence == tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
return ''
