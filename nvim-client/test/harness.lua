--- Drives a real Neovim as a person does: it runs in a terminal of this Neovim, keys go in
--- through that terminal, and what its screen shows is read back. A second connection (RPC)
--- reads what no screen shows: buffers, clients, processes.
local M = {}

local here = vim.fs.dirname(vim.fs.normalize(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p')))
M.test_dir = here
M.plugin_dir = vim.fs.dirname(here)
M.artifacts = vim.env.GREENFILL_ARTIFACTS or vim.fs.joinpath(M.plugin_dir, 'test', 'failures')

-- A loaded two-core machine is slow; nothing here waits longer than it has to.
M.patience = tonumber(vim.env.GREENFILL_PATIENCE or 30000)

-- The terminals' own answers to a program that ends are lost on it; that is no error.
pcall(vim.api.nvim_clear_autocmds, { group = 'nvim.terminal', event = 'TermRequest' })

--- Waits until fn() is true and returns what it returned; an error otherwise.
function M.wait(what, fn, timeout)
  local value
  local ok = vim.wait(timeout or M.patience, function()
    value = fn()
    return value and true or false
  end, 10)
  if not ok then
    error('waited in vain until ' .. what, 2)
  end
  return value
end

function M.read(path)
  local file = io.open(path, 'rb')
  local text = file and file:read('*a') or ''
  if file then
    file:close()
  end
  return text
end

function M.write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

function M.equal(actual, expected, what)
  if not vim.deep_equal(actual, expected) then
    error(('%s: got %s, expected %s'):format(what, vim.inspect(actual), vim.inspect(expected)), 2)
  end
end

--- The editors of the running test, for the runner to end should it fail.
M.started = {}

---@class Editor
local Editor = {}
Editor.__index = Editor

--- Starts a Neovim in a new folder. options: nvim (command), setup (Lua source of the table
--- given to setup()), env, files (name → text), open (arguments: files to open), before (Lua
--- source to run before setup).
---@return Editor
function M.start(options)
  local self = setmetatable({}, Editor)
  M.started[#M.started + 1] = self
  self.home = vim.fn.tempname()
  self.project = vim.fs.joinpath(self.home, 'project')
  for name, text in pairs(options.files or {}) do
    M.write(vim.fs.joinpath(self.project, name), text)
  end
  M.write(
    vim.fs.joinpath(self.home, 'init.lua'),
    ([[
vim.opt.runtimepath:prepend(%q)
vim.o.swapfile, vim.o.shortmess, vim.o.more = false, vim.o.shortmess .. 'I', false
vim.o.laststatus, vim.o.ruler, vim.o.expandtab, vim.o.shiftwidth = 2, false, true, 4
vim.o.statusline = "%%f %%{v:lua.require'greenfill'.statusline()}"
vim.g.python_recommended_style = 0
%s
require('greenfill').setup(%s)
]]):format(M.plugin_dir, options.before or '', options.setup)
  )
  self.socket = vim.fs.joinpath(self.home, 'socket')
  self.log = vim.fs.joinpath(self.home, 'messages.jsonl')
  local command = { options.nvim, '-u', vim.fs.joinpath(self.home, 'init.lua'), '-i', 'NONE', '--listen', self.socket }
  vim.list_extend(command, options.open or {})
  vim.o.columns, vim.o.lines = 110, 40
  self.terminal = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_open_win(self.terminal, true, { relative = 'editor', row = 0, col = 0, width = 110, height = 40 })
  self.job = vim.fn.jobstart(command, {
    term = true,
    cwd = self.project,
    env = vim.tbl_extend('force', {
      XDG_CONFIG_HOME = self.home .. '/config',
      XDG_STATE_HOME = self.home .. '/state',
      XDG_CACHE_HOME = self.home .. '/cache',
      XDG_RUNTIME_DIR = self.home, -- holds the lock by which servers wait for each other
      FAKE_LOG = self.log,
      TERM = 'xterm-256color',
      NVIM_APPNAME = 'nvim',
      NVIM = '',
    }, options.env or {}),
  })
  M.wait('Neovim listens', function()
    return vim.uv.fs_stat(self.socket) ~= nil
  end)
  self.channel = M.wait('Neovim accepts', function()
    local ok, channel = pcall(vim.fn.sockconnect, 'pipe', self.socket, { rpc = true })
    return ok and channel > 0 and channel
  end)
  self.pid = vim.fn.jobpid(self.job)
  M.wait('Neovim has started', function()
    return self:lua([[return vim.v.vim_did_enter]]) == 1
  end)
  return self
end

--- Runs Lua in the editor and returns its value. An editor that waits for an answer to a
--- prompt would never come to it.
function Editor:lua(source, ...)
  M.wait('the editor is at no prompt', function()
    return not vim.rpcrequest(self.channel, 'nvim_get_mode').blocking
  end)
  return vim.rpcrequest(self.channel, 'nvim_exec_lua', source, { ... })
end

--- Types keys on the keyboard, in Neovim's notation.
function Editor:type(keys)
  vim.fn.chansend(self.job, vim.keycode(keys))
end

--- Gives keys that a terminal cannot send unambiguously.
function Editor:press(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
end

--- What the screen shows.
---@return string
function Editor:screen()
  return table.concat(vim.api.nvim_buf_get_lines(self.terminal, 0, -1, false), '\n')
end

function Editor:sees(text, timeout)
  M.wait(('the screen shows %q'):format(text), function()
    return self:screen():find(text, 1, true)
  end, timeout)
end

function Editor:sees_no(text, timeout)
  M.wait(('the screen no longer shows %q'):format(text), function()
    return not self:screen():find(text, 1, true)
  end, timeout)
end

--- The current buffer's text.
function Editor:text()
  return self:lua([[return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') .. '\n']])
end

function Editor:visible()
  return self:lua([[return require('greenfill').visible()]])
end

--- The process of the server, or nil.
function Editor:server_pid()
  for _, pid in ipairs(M.children(self.pid)) do
    local command = M.read(('/proc/%d/cmdline'):format(pid))
    if command:find('fake_server.py', 1, true) or command:find('lsp\0', 1, true) then
      return pid
    end
  end
end

--- Messages that the fake server got, of one method.
function Editor:said(method)
  local found = {}
  for line in vim.gsplit(M.read(self.log), '\n', { trimempty = true }) do
    local message = vim.json.decode(line, { luanil = { object = true } })
    if message.method == method then
      found[#found + 1] = message.params or {}
    end
  end
  return found
end

--- Commands that the fake server got, of one name.
function Editor:ran(command)
  return vim.tbl_filter(function(params)
    return params.command == command
  end, self:said('workspace/executeCommand'))
end

--- The messages that were shown since the start.
function Editor:messages()
  return self:lua([[return vim.api.nvim_exec2('messages', { output = true }).output]])
end

--- Those of them that tell of an error.
function Editor:errors()
  local found = {}
  for line in vim.gsplit(self:messages(), '\n') do
    if line:match('^E%d+:') or line:find('Error', 1, true) or line:find('stack traceback', 1, true) then
      found[#found + 1] = line
    end
  end
  return found
end

--- Ends the editor as `:qa!` does and waits until it and its server are gone.
function Editor:quit()
  local server = self:server_pid()
  pcall(vim.rpcnotify, self.channel, 'nvim_command', 'qa!')
  M.wait('the editor ends', function()
    return vim.fn.jobwait({ self.job }, 0)[1] ~= -1
  end)
  if server then
    M.wait('the server ends with its editor', function()
      return not M.alive(server)
    end)
  end
  pcall(vim.fn.chanclose, self.channel)
  vim.cmd.bwipeout({ self.terminal, bang = true })
end

--- Ends the editor whatever its state, after a failure.
function Editor:abandon(name)
  M.write(vim.fs.joinpath(M.artifacts, name .. '.txt'), self:screen() .. '\n')
  M.write(vim.fs.joinpath(M.artifacts, name .. '.lsp.log'), M.read(self.home .. '/state/nvim/lsp.log'))
  M.write(vim.fs.joinpath(M.artifacts, name .. '.server.log'), M.read(self.home .. '/state/nvim/greenfill.log'))
  vim.fn.jobstop(self.job)
  vim.fn.jobwait({ self.job }, 5000)
end

--- The processes below one, all generations.
---@return integer[]
function M.children(pid)
  local found, queue = {}, { pid }
  while #queue > 0 do
    local parent = table.remove(queue)
    for task in vim.fs.dir(('/proc/%d/task'):format(parent)) do
      for child in M.read(('/proc/%d/task/%s/children'):format(parent, task)):gmatch('%d+') do
        found[#found + 1] = tonumber(child)
        queue[#queue + 1] = tonumber(child)
      end
    end
  end
  return found
end

--- Whether a process runs (one that ended and was not yet collected does not).
function M.alive(pid)
  local stat = M.read(('/proc/%d/stat'):format(pid))
  return stat ~= '' and stat:match('%) (%a)') ~= 'Z'
end

return M
