--- What the server tells and asks, beyond what Neovim handles itself.
local M = {}

M['greenfill/status'] = function(_, status)
  require('greenfill.status').update(status)
end

M['greenfill/results'] = function(_, results, ctx)
  require('greenfill.results').update(results, ctx.client_id)
end

--- Neovim's own handler ends what it shows with a line break, for which Neovim 0.11 asks
--- to press ENTER.
M['window/showMessage'] = function(_, params)
  local level = vim.log.levels
  local levels = { level.ERROR, level.WARN, level.INFO, level.INFO }
  vim.notify('greenfill: ' .. params.message, levels[params.type] or level.INFO)
end

--- Neovim's own handler asks at once, with a prompt that swallows what is being typed.
--- Here the question waits until insert mode ends.
M['window/showMessageRequest'] = function(_, params)
  local co = assert(coroutine.running())
  local actions = params.actions or {}
  local function answer(choice)
    vim.schedule(function()
      coroutine.resume(co, choice or vim.NIL)
    end)
  end
  local function ask()
    vim.ui.select(actions, {
      prompt = params.message,
      kind = 'greenfill',
      format_item = function(action)
        return action.title
      end,
    }, answer)
  end
  if #actions == 0 then
    vim.notify(params.message)
    return vim.NIL
  end
  if vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' then
    vim.notify('greenfill: a question waits until you leave insert mode')
    vim.api.nvim_create_autocmd('InsertLeave', { once = true, callback = vim.schedule_wrap(ask) })
  else
    vim.schedule(ask)
  end
  return coroutine.yield()
end

if vim.fn.has('nvim-0.12') == 0 then
  M['workspace/codeLens/refresh'] = function(_, _, ctx)
    require('greenfill.decoration').refresh_lenses(ctx.client_id)
    return vim.NIL
  end
end

return M
