--- Runs the specs: `nvim -l runner.lua SPEC… -- VERSION=COMMAND …`. A spec is a file that
--- returns a list of {name, fn(variant)}; each runs for each variant that it asks for.
--- The last line is "N passed, N failed".
local here = vim.fs.dirname(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p'))
package.path = here .. '/?.lua;' .. package.path

local harness = require('harness')

local specs, editors = {}, {}
for _, argument in ipairs(arg) do
  local version, command = argument:match('^(%d[%d.]*)=(.*)$')
  if version then
    editors[#editors + 1] = { version = version, nvim = command }
  else
    specs[#specs + 1] = argument
  end
end

--- Neovim before 0.12 draws by extmarks alone; later ones are tried both ways.
local function variants_of(editor)
  local major, minor = editor.version:match('^(%d+)%.(%d+)')
  local ways = (tonumber(major) > 0 or tonumber(minor) >= 12) and { 'native', 'own' } or { 'own' }
  return vim.tbl_map(function(way)
    return { version = editor.version, nvim = editor.nvim, ghost = way, name = editor.version .. ' ' .. way }
  end, ways)
end

local TOO_LONG = 20 * harness.patience -- for one test, in milliseconds
local passed, failed = 0, 0

local function run(test, variant)
  local name = ('%s: %s'):format(variant.name, test.name)
  local begun = vim.uv.now()
  harness.started = {}
  -- A request to an editor that hangs never returns; then the editor is ended.
  local watchdog = assert(vim.uv.new_timer())
  watchdog:start(TOO_LONG, 0, function()
    for _, editor in ipairs(harness.started) do
      vim.uv.kill(editor.pid, 'sigkill')
    end
  end)
  local ok, err = xpcall(test.run, debug.traceback, variant)
  watchdog:close()
  if ok then
    passed = passed + 1
    io.write(('ok    %s (%.1f s)\n'):format(name, (vim.uv.now() - begun) / 1000))
    return
  end
  failed = failed + 1
  io.write(('FAIL  %s\n%s\n'):format(name, err))
  for _, editor in ipairs(harness.started) do
    pcall(editor.abandon, editor, (name:gsub('[^%w.]+', '-')))
  end
end

local only = vim.env.GREENFILL_TEST
for _, spec in ipairs(specs) do
  local tests = dofile(spec)
  for _, editor in ipairs(editors) do
    for _, variant in ipairs(variants_of(editor)) do
      for _, test in ipairs(tests) do
        local wanted = not test.variants or test.variants(variant)
        if wanted and (not only or test.name:find(only, 1, true)) then
          run(test, variant)
        end
      end
    end
  end
end

io.write(('%d passed, %d failed\n'):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1)
