// npm test: builds the package, then runs the tests in a real workbench, one file at a time.
//   npm test                 all
//   npm test -- client       the client alone, against the scripted server
//   npm test -- real         end to end, with the real server and model
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const project = dirname(here);
const root = dirname(project);
const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ["ignore", 2, 2] });

rmSync(join(here, "failures"), { recursive: true, force: true });
run("npm", ["run", "--silent", "package"], project);

const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : ["manifest", "client", "real"];
const env = { ...process.env };
if (names.includes("real")) {
  mkdirSync(join(root, "dist"), { recursive: true });
  run("go", ["build", "-o", "dist/greenfill", "."], root);
  env.GREENFILL = join(root, "dist", "greenfill");
  env.GREENFILL_MODELS ??= join(env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "greenfill", "models");
}

const files = names.map((name) => join(here, `${name}.test.mjs`));
const options = ["--test", "--test-concurrency=1", "--test-reporter=spec"];
if (env.GREENFILL_TEST) {
  options.push(`--test-name-pattern=${env.GREENFILL_TEST}`);
}
const { status } = spawnSync(process.execPath, [...options, ...files], { cwd: project, env, stdio: "inherit" });
process.exit(status ?? 1);
