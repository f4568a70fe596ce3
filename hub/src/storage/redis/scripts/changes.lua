-- ARGV: 1 number of a change. Answers this one and those after it as they were told, a JSON list; null when a run that one of them
-- added isn't kept any more.
local changes = {}
for index, entry in ipairs(redis.call('XRANGE', KEYS[4], ARGV[1] .. '-0', '+')) do
  local name, text = unpack(entry[2])
  if name == 'added' then
    local added = {}
    for at, run_id in string.gmatch(text, '(%d+)\n([^\n]*)\n') do
      local run = read('run ' .. run_id)
      if not run then return 'null' end
      added[#added + 1] = '{"at":' .. at .. ',"run":' .. run .. '}'
    end
    text = '{"number":' .. string.match(entry[1], '^%d+') .. ',"added":[' .. table.concat(added, ',') .. ']}'
  end
  changes[index] = text
end
return '[' .. table.concat(changes, ',') .. ']'
