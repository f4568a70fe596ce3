-- ARGV: 1 run id. Answers its view, JSON; null when it isn't kept.
local run, rest = read('run ' .. ARGV[1], 'rest ' .. ARGV[1])
if not run then return 'null' end
if not rest then return run end
return ARGV[1] == head.running and running_view(run) or run .. QUEUED
