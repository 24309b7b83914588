--- Starts the server, one for all Python buffers: its model is large, so each further
--- project becomes a workspace folder of the same server. A server that dies is started
--- again, each time after a longer wait.
local compat = require('greenfill.compat')
local config = require('greenfill.config')

local M = {}

local NAME = 'greenfill'
local DELAYS = { 500, 1000, 2000, 4000, 8000 } -- milliseconds before the nth restart in a row
local STEADY = 60000 -- a server that ran for so long did not crash at start

local current ---@type integer? id of the client, from its start on
local started = 0 -- vim.uv.now() of the last start
local crashes = 0 -- in a row
local ending = {} ---@type table<integer, true> ids of clients that we stopped ourselves
local complained = false

--- The client, be it still starting.
local function running()
  local client = current and vim.lsp.get_client_by_id(current)
  return client and not ending[client.id] and not compat.is_stopped(client) and client or nil
end

--- The client, if its server is ready for requests.
---@return vim.lsp.Client?
function M.get()
  local client = running()
  return client and client.initialized and client or nil
end

local function root_of(buf)
  return vim.fs.root(buf, config.options.root_markers)
end

local function folder(root)
  return { uri = vim.uri_from_fname(root), name = root }
end

--- Tells the server of a buffer's project, unless it knows it.
local function add_folder(client, buf)
  local root = root_of(buf)
  if not root then
    return
  end
  local known = client.workspace_folders or {}
  for _, f in ipairs(known) do
    if f.name == root then
      return
    end
  end
  client.workspace_folders = vim.list_extend({ folder(root) }, known)
  compat.notify(client, 'workspace/didChangeWorkspaceFolders', {
    event = { added = { folder(root) }, removed = {} },
  })
end

local function capabilities()
  local caps = vim.lsp.protocol.make_client_capabilities()
  caps.textDocument.inlineCompletion = { dynamicRegistration = false }
  caps.workspace.codeLens = { refreshSupport = true }
  return caps
end

local function attach_all()
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.bo[buf].filetype == 'python' then
      M.attach(buf)
    end
  end
end

local function on_exit(id, code, signal)
  if id == current then
    require('greenfill.status').update(nil)
  end
  if ending[id] or vim.v.exiting ~= vim.NIL then
    ending[id] = nil
    return
  end
  crashes = vim.uv.now() - started > STEADY and 1 or crashes + 1
  local how = signal ~= 0 and ('signal %d'):format(signal) or ('exit code %d'):format(code)
  local delay = DELAYS[crashes]
  if not delay then
    vim.notify(
      ('greenfill: the server ended %d times in a row (%s). See :Greenfill log; :Greenfill restart tries again'):format(
        crashes,
        how
      ),
      vim.log.levels.ERROR
    )
    return
  end
  vim.defer_fn(function()
    if not running() then
      attach_all()
    end
  end, delay)
end

--- Starts the process. Neovim is told that it ended well: its message about a bad end can
--- make the user press Enter before anything goes on. ended(code, signal) has the truth.
local function spawner(cmd, ended)
  return function(dispatchers)
    local told = dispatchers.on_exit
    dispatchers.on_exit = function(code, signal)
      ended(code, signal)
      told(0, 0)
    end
    return vim.lsp.rpc.start(cmd, dispatchers)
  end
end

---@return vim.lsp.ClientConfig?, string?
local function client_config(buf)
  local cmd, reason = config.command_line()
  if not cmd then
    return nil, reason
  end
  local root = root_of(buf)
  local code, signal
  local settings = next(config.options.settings) and config.options.settings or vim.empty_dict()
  return {
    name = NAME,
    cmd = spawner(cmd, function(...)
      code, signal = ...
    end),
    root_dir = root,
    workspace_folders = root and { folder(root) } or nil,
    capabilities = capabilities(),
    settings = { greenfill = settings },
    init_options = {
      notifications = true,
      clientCommands = { 'greenfill.showCandidates', 'greenfill.showDoctor' },
      settings = settings,
    },
    handlers = require('greenfill.handlers'),
    commands = {
      ['greenfill.showCandidates'] = function(command)
        require('greenfill.candidates').open(command.arguments and command.arguments[1])
      end,
      ['greenfill.showDoctor'] = function()
        require('greenfill.doctor').open()
      end,
    },
    on_attach = function(client, attached)
      add_folder(client, attached)
      require('greenfill.inline').attach(client, attached)
      require('greenfill.decoration').attach(client, attached)
    end,
    on_exit = function(_, _, id)
      vim.schedule(function()
        on_exit(id, code, signal)
      end)
    end,
  }
end

--- Attaches a buffer, starting the server if none runs. Says once what is missing.
---@param buf integer
function M.attach(buf)
  -- A buffer without a file name has no address that the server could use.
  if vim.bo[buf].buftype ~= '' or vim.api.nvim_buf_get_name(buf) == '' then
    return
  end
  local client = running()
  if client then
    vim.lsp.buf_attach_client(buf, client.id)
    return
  end
  local cfg, reason = client_config(buf)
  if not cfg then
    if not complained then
      complained = true
      vim.notify('greenfill: ' .. reason, vim.log.levels.WARN)
    end
    return
  end
  started = vim.uv.now()
  current = vim.lsp.start(cfg, {
    bufnr = buf,
    reuse_client = function()
      return false
    end,
  })
end

--- Stops the server; it stays stopped until restart() or the next Python buffer.
function M.stop()
  local client = running()
  if client then
    ending[client.id] = true
    compat.stop(client)
  end
end

--- Stops the server and starts it again for all Python buffers.
function M.restart()
  crashes, complained = 0, false
  M.stop()
  attach_all()
end

--- Sends a request of the protocol's own; done(result) runs when it was answered.
---@param method string
---@param params any
---@param done? fun(result: any)
function M.request(method, params, done)
  local client = M.get()
  if not client then
    vim.notify('greenfill: no server runs; open a Python file, or :Greenfill restart', vim.log.levels.WARN)
    return
  end
  compat.request(client, method, params, function(err, result)
    if err then
      vim.notify('greenfill: ' .. err.message, vim.log.levels.ERROR)
    elseif done then
      done(result ~= vim.NIL and result or nil)
    end
  end, vim.api.nvim_get_current_buf())
end

--- Runs a server command.
---@param command string
---@param arguments? any[]
---@param done? fun(result: any)
function M.execute(command, arguments, done)
  M.request('workspace/executeCommand', { command = command, arguments = arguments }, done)
end

--- Runs a command that the server offered: one of ours, or one of its own.
---@param command lsp.Command
function M.run(command)
  local client = M.get()
  local own = client and client.commands[command.command]
  if own then
    own(command)
  else
    M.execute(command.command, command.arguments)
  end
end

--- The function at the cursor, as the protocol's SpecReference.
function M.here()
  local client = M.get()
  local encoding = client and client.offset_encoding or 'utf-16'
  local params = vim.lsp.util.make_position_params(0, encoding)
  return { uri = params.textDocument.uri, position = params.position }
end

return M
