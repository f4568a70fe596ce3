-- Answers the running run as QueuedRun, JSON; null when none is.
read()
return head.running and running_run() or 'null'
