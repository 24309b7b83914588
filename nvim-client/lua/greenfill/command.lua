--- :Greenfill. Each subcommand is one call; what it means is the server's business.
local client = require('greenfill.client')

local M = {}

--- Runs a server command for the function at the cursor, and shows what came of it.
local function at_cursor(command, extra)
  client.execute(command, { vim.tbl_extend('force', client.here(), extra or {}) }, function(results)
    if type(results) == 'table' and results.message then
      vim.notify('greenfill: ' .. results.message)
    end
  end)
end

local function number(args, what)
  local n = tonumber(args[1])
  if args[1] and not n then
    vim.notify(('greenfill: %s must be a number'):format(what), vim.log.levels.ERROR)
    return nil, true
  end
  return n
end

local function open_log()
  local config = require('greenfill.config')
  local own = type(config.options.cmd) == 'string'
  vim.cmd.tabedit(vim.fn.fnameescape(own and config.log_file() or vim.lsp.log.get_filename()))
end

local function folder_argument(args)
  if args[1] then
    return { folder = vim.uri_from_fname(vim.fn.fnamemodify(args[1], ':p'):gsub('(.)/$', '%1')) }
  end
  return {}
end

---@class greenfill.Subcommand
---@field about string
---@field run fun(args: string[])
---@field complete? 'dir'|'model'

---@type table<string, greenfill.Subcommand>
M.subcommands = {
  complete = {
    about = 'sample for the function at the cursor now and insert the best body',
    run = function()
      at_cursor('greenfill.complete', { apply = true })
    end,
  },
  sample = {
    about = 'sample for the function at the cursor now, insert nothing',
    run = function()
      at_cursor('greenfill.complete')
    end,
  },
  insert = {
    about = 'insert the best body that is known',
    run = function()
      at_cursor('greenfill.apply')
    end,
  },
  more = {
    about = 'draw further samples: more [count]',
    run = function(args)
      local samples, bad = number(args, 'count')
      if not bad then
        at_cursor('greenfill.more', { samples = samples })
      end
    end,
  },
  candidates = {
    about = 'list all bodies of the function at the cursor',
    run = function()
      require('greenfill.candidates').open(client.here())
    end,
  },
  explain = {
    about = 'say why nothing passed',
    run = function()
      at_cursor('greenfill.explain')
    end,
  },
  check = {
    about = 'run the checks of the function at the cursor',
    run = function()
      at_cursor('greenfill.check')
    end,
  },
  checkfile = {
    about = 'run the checks of every written function of this file',
    run = function()
      client.execute('greenfill.checkDocument', { { uri = vim.uri_from_bufnr(0) } })
    end,
  },
  checkall = {
    about = 'run the checks of all files of the trusted folders',
    run = function()
      client.execute('greenfill.checkWorkspace')
    end,
  },
  cancel = {
    about = 'end all jobs',
    run = function()
      client.execute('greenfill.cancel')
    end,
  },
  pause = {
    about = 'no automatic sampling until resume',
    run = function()
      client.execute('greenfill.pause')
    end,
  },
  resume = {
    about = 'sample again, also on battery or under load',
    run = function()
      client.execute('greenfill.resume')
    end,
  },
  trust = {
    about = 'allow code of a folder (default: all open ones) to run: trust [folder]',
    complete = 'dir',
    run = function(args)
      client.execute('greenfill.trust', { vim.tbl_extend('force', { trusted = true }, folder_argument(args)) })
    end,
  },
  distrust = {
    about = 'forbid it: distrust [folder]',
    complete = 'dir',
    run = function(args)
      client.execute('greenfill.trust', { vim.tbl_extend('force', { trusted = false }, folder_argument(args)) })
    end,
  },
  pull = {
    about = 'fetch a model (default: the recommended one): pull [name]',
    complete = 'model',
    run = function(args)
      local arguments = args[1] and { { name = args[1] } } or nil
      client.execute('greenfill.model.pull', arguments, function(model)
        vim.notify(('greenfill: model %s is installed'):format(model and model.name or ''))
      end)
    end,
  },
  lens = {
    about = "run a code lens of the cursor's line",
    run = function()
      require('greenfill.decoration').run_lens()
    end,
  },
  doctor = {
    about = 'show what is set up and what is not',
    run = function()
      require('greenfill.doctor').open()
    end,
  },
  status = {
    about = 'show the state and what can be done about it',
    run = function()
      require('greenfill.status').show()
    end,
  },
  log = { about = "open the server's log", run = open_log },
  stop = { about = 'stop the server', run = client.stop },
  restart = { about = 'stop the server and start it again', run = client.restart },
}

--- Runs `:Greenfill {args}`; without arguments, the state.
function M.run(args)
  local words = vim.deepcopy(args.fargs)
  local name = table.remove(words, 1) or 'status'
  local subcommand = M.subcommands[name]
  if not subcommand then
    vim.notify(('greenfill: no subcommand %q, see :help :Greenfill'):format(name), vim.log.levels.ERROR)
    return
  end
  subcommand.run(words)
end

local function matching(lead, words)
  table.sort(words)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, words)
end

local function model_names()
  local names, running = {}, client.get()
  if running then
    local answers = vim.lsp.buf_request_sync(0, 'workspace/executeCommand', { command = 'greenfill.model.list' }, 1000)
    for _, model in ipairs(vim.tbl_get(answers or {}, running.id, 'result') or {}) do
      names[#names + 1] = model.name
    end
  end
  return names
end

--- Completes the command line.
---@return string[]
function M.complete(lead, line)
  local name = line:match('^%s*%S*Gr%S*%s+(%S+)%s')
  if not name then
    return matching(lead, vim.tbl_keys(M.subcommands))
  end
  local kind = vim.tbl_get(M.subcommands, name, 'complete')
  if kind == 'dir' then
    return vim.fn.getcompletion(lead, 'dir')
  elseif kind == 'model' then
    return matching(lead, model_names())
  end
  return {}
end

return M
