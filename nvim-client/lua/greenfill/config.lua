--- The options of setup(), checked once. `settings` goes to the server as it is: the
--- server knows what its settings mean, this file does not.
local M = {}

---@class greenfill.Options
---@field cmd? string|string[] the binary (default: `greenfill` on PATH), or the whole command line
---@field settings? table the server's section `greenfill`, see `:help greenfill-settings`
---@field ghost_text? 'auto'|'native'|'own'|false who draws ghost text
---@field debounce? integer milliseconds of rest before the server is asked
---@field code_lens? boolean show code lenses
---@field inlay_hints? boolean show the outcome after each check
---@field keys? table<string, string|false> insert-mode keys
---@field root_markers? string[] what marks the folder of a project

---@type greenfill.Options
M.defaults = {
  cmd = 'greenfill',
  settings = {},
  ghost_text = 'auto',
  debounce = 30,
  code_lens = true,
  inlay_hints = true,
  keys = {
    accept = '<Tab>',
    accept_line = false,
    next = '<M-n>',
    previous = '<M-p>',
    dismiss = '<C-]>',
  },
  root_markers = { 'pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', '.git' },
}

M.options = vim.deepcopy(M.defaults)

local types = {
  cmd = { 'string', 'table' },
  settings = { 'table' },
  ghost_text = { 'string', 'boolean' },
  debounce = { 'number' },
  code_lens = { 'boolean' },
  inlay_hints = { 'boolean' },
  keys = { 'table' },
  root_markers = { 'table' },
}

--- Merges opts into the defaults. An unknown name or a wrong type is an error.
---@param opts? greenfill.Options
function M.set(opts)
  opts = opts or {}
  for name, value in pairs(opts) do
    if not types[name] then
      error(('greenfill: unknown option %q, see :help greenfill-options'):format(name), 0)
    end
    if not vim.list_contains(types[name], type(value)) then
      error(('greenfill: option %s must be a %s'):format(name, table.concat(types[name], ' or ')), 0)
    end
  end
  for name in pairs(opts.keys or {}) do
    if M.defaults.keys[name] == nil then
      error(('greenfill: unknown key name %q, see :help greenfill-keys'):format(name), 0)
    end
  end
  if opts.ghost_text and not vim.list_contains({ 'auto', 'native', 'own' }, opts.ghost_text) then
    error("greenfill: option ghost_text must be 'auto', 'native', 'own' or false", 0)
  end
  M.options = vim.tbl_deep_extend('force', vim.deepcopy(M.defaults), opts)
end

--- The file that the server logs to.
---@return string
function M.log_file()
  return vim.fs.joinpath(vim.fn.stdpath('log') --[[@as string]], 'greenfill.log')
end

--- The command line that starts the server, or nil and the reason.
---@return string[]?, string?
function M.command_line()
  local cmd = M.options.cmd
  if type(cmd) == 'table' then
    if vim.fn.executable(cmd[1]) == 0 then
      return nil, ('%s is not executable'):format(cmd[1])
    end
    return cmd
  end
  local binary = vim.fn.exepath(vim.fn.expand(cmd --[[@as string]]))
  if binary == '' then
    return nil, ('%s was not found: put it on PATH, or set the option cmd'):format(cmd)
  end
  return { binary, 'lsp', '--stdio', '--log', M.log_file() }
end

return M
