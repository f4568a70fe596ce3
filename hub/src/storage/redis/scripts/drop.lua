-- Forgets a queue; its lease is forgotten by who holds it (forget-lease). Answers nothing.
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return ''
