--- End to end: a real Neovim, the real server, the real 0.5B model, real Python.
local h = require('harness')

local MODEL = 'qwen2.5-coder-0.5b'
local FULL = vim.env.GREENFILL_FULL == '1'

local ADD = [[
def add(a, b):
    """Add two numbers."""


assert add(1, 2) == 3
assert add(5, 7) == 12
]]

-- Many bodies pass: there is something to choose from.
local GREET = [[
def greet(name):
    """Return a friendly greeting for a name."""


assert "Ann" in greet("Ann")
]]

local function start(variant, options)
  options = options or {}
  local settings = vim.tbl_extend('force', {
    model = MODEL,
    samples = 8,
    maxLoad = 0, -- a machine that runs tests is busy
    onBattery = 'sample',
    trust = 'always',
  }, options.settings or {})
  return h.start({
    nvim = variant.nvim,
    files = options.files or { ['a.py'] = ADD, ['pyproject.toml'] = '' },
    open = options.open or { 'a.py' },
    before = options.before,
    setup = ('{ cmd = %q, ghost_text = %q, settings = %s }'):format(
      assert(vim.env.GREENFILL, 'GREENFILL names the binary'),
      variant.ghost,
      vim.inspect(settings)
    ),
  })
end

--- Waits for the lens of the (first) function, so that the server has read the file.
local function start_ready(variant, options)
  local editor = start(variant, options)
  editor:sees('complete from')
  return editor
end

local function start_with_ghost(variant, options)
  local editor = start_ready(variant, options)
  editor:type('3GA')
  h.wait('ghost text is shown', function()
    return editor:visible()
  end, 4 * h.patience)
  return editor
end

local function python(editor, file)
  local result = vim.system({ 'python3', file }, { cwd = editor.project, text = true }):wait(60000)
  h.equal(result.code, 0, 'python3 ' .. file .. ': ' .. (result.stderr or ''))
end

--- Clock ticks that a process and its children have used.
local function cpu(pid)
  local total = 0
  for _, p in ipairs(vim.list_extend({ pid }, h.children(pid))) do
    local fields = vim.split(h.read(('/proc/%d/stat'):format(p)):gsub('^.*%) ', ''), ' ')
    total = total + (tonumber(fields[12]) or 0) + (tonumber(fields[13]) or 0)
  end
  return total
end

--- Waits until a process uses no processor time for half a second.
local function wait_idle(pid)
  h.wait('the server is idle', function()
    local before = cpu(pid)
    vim.wait(500)
    return cpu(pid) - before <= 2
  end)
end

local function memory(pid)
  return tonumber(h.read(('/proc/%d/status'):format(pid)):match('VmRSS:%s+(%d+)')) / 1024
end

--- One version for each way of drawing is enough here; client_spec tries them all.
local function main(variant)
  return vim.startswith(variant.version, '0.11') or (vim.startswith(variant.version, '0.12') and variant.ghost == 'native')
end

local tests = {}
local function test(name, run)
  tests[#tests + 1] = { name = name, run = run, variants = main }
end

test('a spec is typed, its body appears, is accepted, saved, and runs', function(variant)
  local editor = start(variant, { files = { ['a.py'] = '', ['pyproject.toml'] = '' } })
  editor:sees('greenfill: ready')
  editor:type('idef add(a, b):<CR>"""Add two numbers."""<CR><CR><CR>')
  editor:type('<C-u>assert add(1, 2) == 3<CR>assert add(5, 7) == 12<Esc>')
  editor:type('3GA')
  editor:sees('return a + b', 4 * h.patience)
  editor:sees('✓ 2/2 asserts')
  editor:type('<Tab>')
  h.wait('the body is in the text', function()
    return editor:text():find('"""\n    return a + b\n', 1, true)
  end)
  editor:type('<Esc>:w<CR>')
  h.wait('it is saved', function()
    return h.read(editor.project .. '/a.py') == editor:text()
  end)
  python(editor, 'a.py')
  editor:sees('verified')
  h.equal(editor:errors(), {}, 'errors')
  editor:quit()
end)

test('next goes round bodies that behave differently', function(variant)
  local editor = start_with_ghost(variant, { files = { ['a.py'] = GREET }, settings = { samples = 16 } })
  editor:sees('greenfill: ready', 4 * h.patience)
  local first = editor:screen()
  h.wait('a second body is shown', function()
    editor:press('<M-n>')
    return vim.wait(500, function()
      return editor:screen():find('(2/', 1, true) ~= nil
    end)
  end)
  assert(editor:screen() ~= first, 'the second body is the first')
  editor:type('<Tab>')
  h.wait('the body is in the text', function()
    return editor:text() ~= GREET
  end)
  editor:type('<Esc>:w<CR>')
  h.wait('it is saved', function()
    return h.read(editor.project .. '/a.py') == editor:text()
  end)
  python(editor, 'a.py')
  editor:quit()
end)

test('leaving insert mode ends the job, and the processor is idle', function(variant)
  local editor = start_ready(variant, {
    files = { ['a.py'] = ADD:gsub('== 12', '== 13') },
    settings = { samples = 1024, timeLimit = 0 },
  })
  editor:type('3GA')
  editor:sees('greenfill: sampling', 4 * h.patience)
  editor:type('<Esc>')
  editor:sees('greenfill: ready')
  wait_idle(assert(editor:server_pid()))
  editor:quit()
end)

test('a changed spec ends its job', function(variant)
  local editor = start_ready(variant, {
    files = { ['a.py'] = ADD:gsub('== 12', '== 13') },
    settings = { samples = 1024, timeLimit = 0 },
  })
  editor:type('3GA')
  editor:sees('greenfill: sampling', 4 * h.patience)
  editor:type('<Esc>GA2')
  editor:sees('greenfill: ready')
  wait_idle(assert(editor:server_pid()))
  editor:quit()
end)

test('a placeholder is replaced through its lens', function(variant)
  local editor = start_ready(variant, {
    files = { ['a.py'] = (ADD:gsub('"""\n\n', '"""\n    pass\n')) },
    before = [[vim.ui.select = function(items, _, done) done(items[1]) end]],
  })
  editor:type('gg:Greenfill lens<CR>')
  h.wait('the placeholder is replaced', function()
    return editor:text():find('"""\n    return a + b\n', 1, true)
  end, 4 * h.patience)
  editor:type(':w<CR>')
  h.wait('it is saved', function()
    return h.read(editor.project .. '/a.py') == editor:text()
  end)
  python(editor, 'a.py')
  editor:quit()
end)

test('a proof of a body is saved by a code action, and replays', function(variant)
  local editor = start_with_ghost(variant, {
    before = [[
      local function proof(action)
        return action.title:find('save a proof of add', 1, true)
      end
      vim.keymap.set('n', 'gz', function()
        vim.lsp.buf.code_action({ apply = true, filter = proof })
      end)
    ]],
  })
  editor:type('<Tab><Esc>')
  editor:sees('verified')
  editor:type('gggz')
  h.wait('the proof is saved', function()
    return vim.uv.fs_stat(editor.project .. '/a.add.proof.json')
  end)
  h.equal(editor:errors(), {}, 'errors')
  editor:quit()
  local replay = { vim.env.GREENFILL, 'check', '--proof', 'a.add.proof.json', '--resample' }
  local result = vim.system(replay, { cwd = editor.project, text = true }):wait(60000)
  h.equal(result.stdout:match('drawn again: the same text'), 'drawn again: the same text', result.stdout .. result.stderr)
end)

test('a killed server comes back and completes', function(variant)
  local editor = start_ready(variant)
  local first = assert(editor:server_pid())
  vim.uv.kill(first, 'sigkill')
  h.wait('another server runs', function()
    local pid = editor:server_pid()
    return pid and pid ~= first
  end)
  editor:sees('greenfill: ready')
  editor:type('3GA')
  editor:sees('return a + b', 4 * h.patience)
  h.equal(editor:errors(), {}, 'errors')
  editor:quit()
end)

test('a killed editor takes its server with it', function(variant)
  local editor = start_ready(variant, { settings = { samples = 1024, timeLimit = 0 } })
  editor:type('3GA')
  editor:sees('greenfill: sampling', 4 * h.patience)
  local left = h.children(editor.pid)
  vim.uv.kill(editor.pid, 'sigkill')
  h.wait('the server and what it started are gone within two seconds', function()
    return not vim.iter(left):any(h.alive)
  end, 2000)
end)

test('without trust nothing runs', function(variant)
  local editor = start(variant, { settings = { trust = 'ask' }, before = [[
    vim.ui.select = function(items, opts, done)
      vim.g.asked = opts.prompt
      for _, item in ipairs(items) do
        if item.title == 'Never' then
          return done(item)
        end
      end
      error('no way to refuse')
    end]] })
  editor:sees('complete from')
  local server = assert(editor:server_pid())
  editor:type('3GA')
  h.wait('a question waits', function()
    return editor:messages():find('a question waits', 1, true)
  end)
  h.equal(h.children(server), {}, 'processes of the server')
  editor:type('<Esc>')
  h.wait('it is asked', function()
    return editor:lua([[return vim.g.asked]]) ~= vim.NIL
  end)
  editor:sees('trust this folder')
  editor:type('3GA    ')
  wait_idle(server)
  h.equal(editor:visible(), false, 'ghost text')
  h.equal(h.children(server), {}, 'processes of the server')
  editor:quit()
end)

test('from a key to ghost text that is known already', function(variant)
  local rounds = FULL and 100 or 20
  local editor = start_with_ghost(variant)
  editor:sees('greenfill: ready', 4 * h.patience)
  -- The time from the key that enters insert mode to the extmark, taken in the editor.
  editor:lua([[
    _G.times = {}
    vim.api.nvim_create_autocmd('InsertEnter', { callback = function()
      local begun, timer = vim.uv.hrtime(), vim.uv.new_timer()
      timer:start(0, 1, vim.schedule_wrap(function()
        if not timer:is_closing() and require('greenfill').visible() then
          timer:close()
          table.insert(_G.times, (vim.uv.hrtime() - begun) / 1e6)
        end
      end))
    end })]])
  for round = 1, rounds do
    editor:type('<Esc>')
    h.wait('ghost text is hidden', function()
      return not editor:visible()
    end)
    editor:type('3GA')
    h.wait('ghost text is shown', function()
      return #editor:lua([[return _G.times]]) == round
    end)
  end
  local times = editor:lua([[return _G.times]])
  table.sort(times)
  local delay = variant.ghost == 'native' and 200 or 30
  local beyond = times[math.ceil(#times / 2)] - delay
  io.write(('      median of %d: %.1f ms beyond the idle delay of %d ms\n'):format(#times, beyond, delay))
  assert(beyond < 50, 'too slow')
  editor:quit()
end)

test('open, edit, close, again and again', function(variant)
  local rounds = FULL and 100 or 15
  local files = { ['a.py'] = ADD }
  for i = 1, rounds do
    files[('f%d.py'):format(i)] = ADD:gsub('add', 'add' .. i)
  end
  local editor = start_with_ghost(variant, { files = files })
  local server = assert(editor:server_pid())
  editor:type('<Esc>')
  editor:sees('greenfill: ready', 4 * h.patience)
  wait_idle(server)
  local before, helpers = memory(server), #h.children(server)
  for i = 1, rounds do
    editor:type((':edit f%d.py<CR>'):format(i))
    editor:sees('complete from')
    editor:type('3GA    # x')
    editor:sees('# x')
    editor:type('<Esc>:bwipeout!<CR>')
    h.wait('the file is closed', function()
      return editor:lua([[return vim.fn.bufnr(...)]], ('^f%d.py$'):format(i)) == -1
    end)
  end
  editor:sees('greenfill: ready')
  wait_idle(server)
  local after = memory(server)
  io.write(('      server memory: %.0f MB before, %.0f MB after %d rounds\n'):format(before, after, rounds))
  assert(after < before * 1.1 + 30, 'the server keeps memory')
  h.equal(editor:server_pid(), server, 'the server')
  -- The sandbox keeps a few interpreters warm; a leak would be one for each round.
  assert(#h.children(server) < helpers + rounds, 'processes are left')
  h.equal(editor:errors(), {}, 'errors')
  editor:quit()
end)

return tests
