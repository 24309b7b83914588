--- The server's state as one short line, for status lines. On each change the event
--- `User GreenfillStatus` is fired.
local M = {}

---@class greenfill.Status
---@field state string
---@field message string
---@field model? string
---@field spec? string
---@field done? integer
---@field total? integer
---@field reason? string why it waits, with deferred
---@field actions? lsp.Command[]

---@type greenfill.Status?
M.current = nil

local words = {
  ready = 'ready',
  loading = 'loading model',
  sampling = 'sampling',
  verifying = 'verifying',
  paused = 'paused',
  deferred = 'waiting',
  noSandbox = 'no sandbox',
  noModel = 'no model',
  untrusted = 'not trusted',
  error = 'error',
}

local reasons = { battery = 'on battery', load = 'machine busy', otherServer = 'another editor samples' }

--- Takes the server's newest state; nil when no server runs.
---@param status? greenfill.Status
function M.update(status)
  M.current = status
  vim.api.nvim_exec_autocmds('User', { pattern = 'GreenfillStatus', modeline = false })
  vim.cmd.redrawstatus({ bang = true })
end

--- '' without a server, else for instance 'greenfill: sampling 5/16'.
---@return string
function M.component()
  local status = M.current
  if not status then
    return ''
  end
  local text = 'greenfill: ' .. (words[status.state] or status.state)
  if status.state == 'loading' and status.done then
    return ('%s %d%%'):format(text, status.done)
  end
  if status.done and status.total then
    return ('%s %d/%d'):format(text, status.done, status.total)
  end
  if status.reason then
    return ('%s, %s'):format(text, reasons[status.reason] or status.reason)
  end
  return text
end

--- Shows the state, and asks which of the server's actions to take, if it offers any.
function M.show()
  local status = M.current
  if not status then
    vim.notify('greenfill: no server runs')
    return
  end
  local actions = status.actions or {}
  if #actions == 0 then
    vim.notify('greenfill: ' .. status.message)
    return
  end
  vim.ui.select(actions, {
    prompt = 'greenfill: ' .. status.message,
    format_item = function(action)
      return action.title
    end,
  }, function(action)
    if action then
      require('greenfill.client').run(action)
    end
  end)
end

return M
