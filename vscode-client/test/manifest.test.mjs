// What package.json says of the settings is what the server's schema says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./workbench.mjs";

const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));
const manifest = read("vscode-client/package.json");

test("the settings are the server's, but for trust, which VS Code itself decides", () => {
  const { trust: _, ...wanted } = read("lsp/settings.schema.json").properties;
  const found = Object.fromEntries(
    Object.entries(manifest.contributes.configuration.properties)
      .filter(([name]) => name !== "greenfill.path")
      .map(([name, { scope, ...schema }]) => [name.replace("greenfill.", ""), schema]),
  );
  assert.deepEqual(found, wanted);
});

test("what could run code is restricted in untrusted workspaces", () => {
  assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations, [
    "greenfill.path",
    "greenfill.python",
    "greenfill.model",
  ]);
});

test("no download address is recorded", () => {
  assert.equal(readFileSync(join(root, "vscode-client/package-lock.json"), "utf8").includes('"resolved"'), false);
});
