--- The panel of all bodies of one function. <CR> inserts the one under the cursor, if it
--- was verified.
local client = require('greenfill.client')

local M = {}

local NAME = 'greenfill://candidates'

--- Why a body did not pass, in one line.
local function reason(verdict)
  local parts = {}
  if verdict.source then
    parts[#parts + 1] = ('line %d: %s'):format(verdict.line or 0, verdict.source)
  end
  if verdict.actual and verdict.expected then
    parts[#parts + 1] = ('got %s, expected %s'):format(verdict.actual, verdict.expected)
  elseif verdict.message then
    parts[#parts + 1] = verdict.message
  end
  return #parts > 0 and table.concat(parts, '; ') or verdict.status
end

--- The panel's lines, and for each line the candidate that it shows.
local function render(result)
  local lines = { ('# %s: %s'):format(result.spec, result.message) }
  local owner = {}
  for _, candidate in ipairs(result.candidates) do
    lines[#lines + 1] = ''
    lines[#lines + 1] = '# ' .. candidate.label
    owner[#lines] = candidate
    if not candidate.verified then
      lines[#lines + 1] = '#   ' .. reason(candidate.verdict):gsub('\n', ' ')
      owner[#lines] = candidate
    end
    for line in vim.gsplit(candidate.text, '\r?\n') do
      lines[#lines + 1] = line
      owner[#lines] = candidate
    end
  end
  return lines, owner
end

--- Asks for the candidates of a function and shows them.
---@param reference table SpecReference
function M.open(reference)
  client.request('greenfill/candidates', reference, function(result)
    if not result then
      vim.notify('greenfill: no unwritten function with checks stands here')
      return
    end
    local lines, owner = render(result)
    local buf = require('greenfill.panel').open(NAME, lines, 'python')
    vim.keymap.set('n', '<CR>', function()
      local candidate = owner[vim.api.nvim_win_get_cursor(0)[1]]
      if not candidate then
        return
      elseif not candidate.verified then
        vim.notify('greenfill: this body did not pass; only verified ones can be inserted', vim.log.levels.WARN)
        return
      end
      vim.cmd.close()
      client.execute('greenfill.apply', { { uri = result.uri, spec = result.spec, id = candidate.id } })
    end, { buffer = buf, desc = 'Insert this body' })
  end)
end

return M
