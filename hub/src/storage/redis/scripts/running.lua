-- Answers the running run as QueuedRun, JSON; null when none is.
local run_id = running_id()
return run_id and redis.call('HGET', KEYS[2], run_id) or 'null'
