--- The client alone, against the scripted server, in each Neovim that is supported.
local h = require('harness')

local FAKE = vim.fs.joinpath(h.test_dir, 'fake_server.py')

local ADD = [[
def add(a, b):
    """Add two numbers."""


assert add(1, 2) == 3
]]

local function start(variant, options)
  options = options or {}
  return h.start({
    nvim = variant.nvim,
    files = options.files or { ['a.py'] = ADD, ['pyproject.toml'] = '' },
    open = options.open or { 'a.py' },
    env = options.env,
    before = options.before,
    setup = ([[vim.tbl_deep_extend('force', { cmd = { 'python3', %q }, ghost_text = %q }, %s)]]):format(
      FAKE,
      variant.ghost,
      options.setup or '{}'
    ),
  })
end

--- Opens ADD, goes into the empty body and waits for the ghost text.
local function start_with_ghost(variant, options)
  local editor = start(variant, options)
  editor:sees('greenfill: ready')
  editor:type('3GA')
  editor:sees('return a + b')
  return editor
end

local tests = {}
local function test(name, run, variants)
  tests[#tests + 1] = { name = name, run = run, variants = variants }
end

test('ghost text appears, Tab accepts it, undo takes it back', function(variant)
  local editor = start_with_ghost(variant)
  editor:sees('✓ 2/2 asserts')
  h.equal(editor:text(), ADD, 'the text before accepting')
  editor:type('<Tab>')
  editor:sees_no('✓ 2/2 asserts')
  local expected = ADD:gsub('"""\n\n', '"""\n    return a + b\n')
  h.equal(editor:text(), expected, 'the text after accepting')
  h.wait('the server hears of it', function()
    return #editor:ran('greenfill.accept') == 1
  end)
  h.equal(editor:ran('greenfill.accept')[1].arguments[1].id, '1', 'the accepted body')
  editor:type('<Esc>u')
  h.wait('undo takes the body back', function()
    return editor:text() == ADD
  end)
  h.equal(editor:errors(), {}, 'errors')
  editor:quit()
end)

test('next and previous go round the bodies', function(variant)
  local editor = start_with_ghost(variant)
  editor:press('<M-n>')
  editor:sees('return b + a')
  editor:sees('(2/3)')
  editor:press('<M-n>')
  editor:sees('total += b')
  editor:press('<M-n>')
  editor:sees('return a + b')
  editor:press('<M-p>')
  editor:sees('(3/3)')
  editor:type('<Tab>')
  h.wait('the chosen body is there', function()
    return editor:text():find('    total = a\n    total += b\n    return total\n', 1, true)
  end)
  editor:quit()
end)

test('typing what the body begins with keeps it, anything else hides it', function(variant)
  local editor = start_with_ghost(variant)
  editor:type('    ret')
  editor:sees('return a + b')
  editor:type('<Tab>')
  h.wait('the body is there once', function()
    return editor:text():find('"""\n    return a + b\n', 1, true)
  end)
  editor:type('<CR>x = 1')
  editor:sees('x = 1')
  h.equal(editor:visible(), false, 'ghost text')
  editor:quit()
end)

test('a key pressed while a job runs ends the request', function(variant)
  local editor = start(variant, { env = { FAKE_DELAY = '60000' } })
  editor:sees('greenfill: ready')
  editor:type('3GA')
  editor:sees('greenfill: sampling 5/16')
  editor:type('<Esc>')
  h.wait('the request is cancelled', function()
    return #editor:said('$/cancelRequest') == 1
  end)
  editor:sees('greenfill: ready')
  h.equal(editor:visible(), false, 'ghost text')
  editor:quit()
end)

test('dismiss hides it, Tab is a tab again', function(variant)
  local editor = start_with_ghost(variant)
  editor:press('<C-]>')
  editor:sees_no('return a + b')
  editor:type('<Tab>')
  h.wait('an indentation is there', function()
    return editor:text() == (ADD:gsub('"""\n\n', '"""\n    \n'))
  end)
  editor:quit()
end)

test("Tab falls back to the user's own mapping", function(variant)
  local editor = start(variant, {
    before = [[vim.keymap.set('i', '<Tab>', function() return 'mine' end, { expr = true })]],
  })
  editor:sees('greenfill: ready')
  editor:type('GA<Tab>')
  editor:sees('== 3mine')
  editor:quit()
end)

test('accepting one line leaves the rest to be verified', function(variant)
  local editor = start_with_ghost(variant, { setup = [[{ keys = { accept_line = '<C-l>' } }]] })
  editor:press('<M-p>')
  editor:sees('total += b')
  editor:type('<C-l>')
  h.wait('one line is there', function()
    return editor:text():find('"""\n    total = a\n    \n\nassert', 1, true)
  end)
  h.equal(#editor:ran('greenfill.accept'), 0, 'accept commands')
  editor:quit()
end)

test('a lens is shown and runs', function(variant)
  local editor = start(variant, { files = { ['a.py'] = (ADD:gsub('"""\n\n', '"""\n    pass\n')) } })
  editor:sees('candidates')
  editor:type('gg')
  editor:lua([[
    vim.ui.select = function(items, _, done) done(items[1]) end
  ]])
  editor:type(':Greenfill lens<CR>')
  editor:sees('✓ insert')
  editor:type(':Greenfill insert<CR>')
  h.wait('the placeholder is replaced', function()
    return editor:text():find('"""\n    return a + b\n', 1, true)
  end)
  editor:quit()
end)

test('the panel lists all bodies and inserts only verified ones', function(variant)
  local editor = start(variant)
  editor:sees('greenfill: ready')
  editor:type(':Greenfill candidates<CR>')
  editor:sees('✗ 1/2 asserts')
  editor:sees('line 5: assert add(1, 2) == 3; got 0, expected 3')
  editor:type('G<CR>')
  editor:sees('only verified ones can be inserted')
  editor:type('/return b + a<CR><CR>')
  h.wait('the second body is there', function()
    return editor:text():find('"""\n    return b + a\n', 1, true)
  end)
  editor:quit()
end)

test(':Greenfill completes its words and says what is wrong', function(variant)
  local editor = start(variant)
  editor:sees('greenfill: ready')
  local function completions(line)
    return editor:lua([[return vim.fn.getcompletion(..., 'cmdline')]], line)
  end
  h.equal(completions('Greenfill re'), { 'restart', 'resume' }, 'subcommands')
  h.equal(completions('Greenfill pull '), { 'qwen2.5-coder-0.5b' }, 'models')
  editor:type(':Greenfill nonsense<CR>')
  editor:sees('no subcommand "nonsense"')
  editor:type(':Greenfill pause<CR>')
  editor:sees('greenfill: paused')
  editor:type(':Greenfill resume<CR>')
  editor:sees('greenfill: ready')
  editor:type(':Greenfill doctor<CR>')
  editor:sees('greenfill model pull')
  editor:quit()
end)

test('every subcommand is in the help', function(variant)
  local help = h.read(vim.fs.joinpath(h.plugin_dir, 'doc', 'greenfill.txt'))
  local editor = start(variant)
  for _, name in ipairs(editor:lua([[return vim.tbl_keys(require('greenfill.command').subcommands)]])) do
    assert(help:find('`:Greenfill ' .. name, 1, true), name .. ' is missing in doc/greenfill.txt')
  end
  for name in pairs(editor:lua([[return require('greenfill.config').defaults]])) do
    assert(help:find('*greenfill-option-' .. name .. '*', 1, true), name .. ' is missing in doc/greenfill.txt')
  end
  editor:lua([[vim.cmd('helptags ' .. vim.fn.fnameescape(...))]], vim.fs.joinpath(h.plugin_dir, 'doc'))
  editor:type(':help greenfill-keys<CR>')
  editor:sees('greenfill.txt')
  vim.fn.delete(vim.fs.joinpath(h.plugin_dir, 'doc', 'tags'))
  editor:quit()
end)

test('the question of trust waits until insert mode ends', function(variant)
  local editor = start(variant, {
    env = { FAKE_ASK = '1' },
    before = [[vim.ui.select = function(items, opts, done)
      vim.g.asked = opts.prompt
      done(items[1])
    end]],
  })
  editor:sees('greenfill: ready')
  editor:type('3GA')
  h.wait('it is said that there is a question', function()
    return editor:messages():find('a question waits', 1, true)
  end)
  h.equal(editor:lua([[return vim.g.asked]]), vim.NIL, 'asked while typing')
  editor:type('<Esc>')
  h.wait('the question is asked', function()
    return editor:lua([[return vim.g.asked]]) == 'May code of this folder run?'
  end)
  editor:type('3GA')
  editor:sees('return a + b')
  editor:quit()
end)

test('the status says what is wrong and what can be done', function(variant)
  for state, want in pairs({
    noModel = { text = 'no model', entry = 'Fetch a model', ran = 'greenfill.model.pull' },
    deferred = { text = 'waiting, on battery', entry = 'Sample anyway', ran = 'greenfill.resume' },
  }) do
    local editor = start(variant, {
      env = { FAKE_STATUS = state },
      before = [[vim.ui.select = function(items, opts, done)
        vim.g.offered = items[1].title
        done(items[1])
      end]],
    })
    editor:sees('greenfill: ' .. want.text)
    editor:type(':Greenfill status<CR>')
    h.wait('it is done', function()
      return #editor:ran(want.ran) == 1
    end)
    h.equal(editor:lua([[return vim.g.offered]]), want.entry, 'what is offered')
    editor:quit()
  end
end)

test('a server that dies is started again', function(variant)
  local editor = start_with_ghost(variant)
  local first = assert(editor:server_pid())
  vim.uv.kill(first, 'sigkill')
  h.wait('another server runs', function()
    local pid = editor:server_pid()
    return pid and pid ~= first
  end)
  editor:type('<Esc>')
  editor:sees('greenfill: ready')
  editor:type('3GA')
  editor:sees('return a + b')
  editor:quit()
end)

test('a server that cannot start is tried five more times', function(variant)
  local editor = start(variant, { env = { FAKE_EXIT = '3' } })
  editor:sees('ended 6 times in a row (exit code 3)', 60000)
  editor:type('<CR>')
  editor:quit()
end)

test('two files at once start one server', function(variant)
  local editor = start(variant, { files = { ['a.py'] = ADD, ['b.py'] = ADD }, open = { '-o', 'a.py', 'b.py' } })
  editor:sees('greenfill: ready')
  h.wait('both files are open in it', function()
    return #editor:said('textDocument/didOpen') == 2
  end)
  h.equal(#editor:said('initialize'), 1, 'servers')
  editor:quit()
end)

test('one server serves two projects', function(variant)
  local editor = start(variant, {
    files = { ['one/a.py'] = ADD, ['one/setup.py'] = '', ['two/b.py'] = ADD, ['two/setup.py'] = '' },
    open = { 'one/a.py' },
  })
  editor:sees('greenfill: ready')
  editor:type(':edit two/b.py<CR>')
  h.wait('the folder is told', function()
    local said = editor:said('workspace/didChangeWorkspaceFolders')
    return said[1] and vim.endswith(said[1].event.added[1].uri, '/two')
  end)
  h.equal(#editor:said('initialize'), 1, 'servers')
  local options = editor:said('initialize')[1].initializationOptions
  h.equal(options.notifications, true, 'notifications')
  h.equal(options.trusted, nil, 'trusted')
  editor:quit()
end)

test('characters outside ASCII do not move anything', function(variant)
  local text = 'def 수(n):\n    """😀 다음 수."""\n    \n\nassert 수(1) == 2  # 😀\n'
  local editor = start(variant, { files = { ['a.py'] = text } })
  editor:sees('greenfill: ready')
  editor:type('3GA')
  editor:sees('return n + 1')
  editor:type('ret<Tab>')
  h.wait('the body is there', function()
    return editor:text() == (text:gsub('"""\n    \n', '"""\n    return n + 1\n'))
  end)
  editor:quit()
end)

test('restart and stop', function(variant)
  local editor = start_with_ghost(variant)
  local first = assert(editor:server_pid())
  editor:type('<Esc>:Greenfill restart<CR>')
  h.wait('another server runs', function()
    local pid = editor:server_pid()
    return not h.alive(first) and pid and pid ~= first
  end)
  editor:sees('greenfill: ready')
  local second = editor:server_pid()
  editor:type(':Greenfill stop<CR>')
  h.wait('no server runs', function()
    return not h.alive(second)
  end)
  editor:sees_no('greenfill: ready')
  h.equal(editor:errors(), {}, 'errors')
  editor:quit()
end)

test(':checkhealth reports client and server', function(variant)
  local editor = start(variant)
  editor:sees('greenfill: ready')
  editor:type(':checkhealth greenfill<CR>')
  editor:sees('no model installed')
  editor:sees('greenfill model pull')
  editor:quit()
end)

test('a missing binary is said once, a wrong option at once', function(variant)
  local editor = start(variant, { setup = [[{ cmd = 'no-such-greenfill' }]] })
  editor:sees('no-such-greenfill was not found')
  local ok, err = pcall(editor.lua, editor, [[require('greenfill').setup({ colour = 1 })]])
  assert(not ok and err:find('unknown option "colour"', 1, true), err)
  editor:quit()
end)

return tests
