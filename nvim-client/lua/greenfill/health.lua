--- :checkhealth greenfill
local M = {}

local reporters = { ok = vim.health.ok, warning = vim.health.warn, failure = vim.health.error }

local function check_client()
  vim.health.start('greenfill: client')
  vim.health.ok('Neovim ' .. tostring(vim.version()))
  local cmd, reason = require('greenfill.config').command_line()
  if cmd then
    vim.health.ok('command: ' .. table.concat(cmd, ' '))
  else
    vim.health.error(reason)
  end
  if vim.fn.exists('#greenfill') == 0 then
    vim.health.warn("setup() was not called: add require('greenfill').setup() to your init.lua")
  end
  local native = vim.lsp.inline_completion and 'vim.lsp.inline_completion' or 'extmarks'
  local choice = require('greenfill.config').options.ghost_text
  vim.health.info(('ghost text: %s (%s)'):format(tostring(choice), choice == 'own' and 'extmarks' or native))
end

local function check_server()
  vim.health.start('greenfill: server')
  local client = require('greenfill.client').get()
  if not client then
    vim.health.warn('no server runs', 'open a Python file')
    return
  end
  local report, err
  require('greenfill.compat').request(client, 'greenfill/doctor', vim.empty_dict(), function(e, result)
    report, err = result, e
  end)
  vim.wait(10000, function()
    return report ~= nil or err ~= nil
  end)
  if not report then
    vim.health.error('the server did not answer: ' .. (err and err.message or 'no answer within 10 s'))
    return
  end
  for _, finding in ipairs(report.findings) do
    local say = reporters[finding.state] or vim.health.info
    say(('%s: %s'):format(finding.name, finding.message), finding.advice)
  end
end

function M.check()
  check_client()
  check_server()
end

return M
