-- Defines :Greenfill. Nothing else is loaded before require('greenfill').setup() or the
-- first use of the command.
if vim.g.loaded_greenfill then
  return
end
vim.g.loaded_greenfill = true

if vim.fn.has('nvim-0.10') == 0 then
  vim.notify('greenfill needs Neovim 0.10 or later', vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command('Greenfill', function(args)
  require('greenfill.command').run(args)
end, {
  nargs = '*',
  desc = 'Verified completions for Python functions (:help :Greenfill)',
  complete = function(lead, line)
    return require('greenfill.command').complete(lead, line)
  end,
})
