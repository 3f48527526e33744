import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const INSTALL_MS = 280_000;

/** Where packages are kept that are compared with and are no dependencies of the project. */
export function cacheFolder(name: string): string {
  return join(homedir(), '.cache', 'davylamp', name);
}

/**
 * Installs packages (`name@version`) into a folder, unless it holds just these.
 *
 * @throws Error with the words of npm
 */
export function installPackages(folder: string, packages: readonly string[]): void {
  const manifest = join(folder, 'installed.json');
  const wanted = JSON.stringify(packages);
  if (existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', ...packages];
  const result = spawnSync('npm', install, { cwd: folder, encoding: 'utf8', timeout: INSTALL_MS });
  if (result.status !== 0) throw new Error(`npm install in ${folder} failed:\n${result.stderr.slice(-2000)}`);
  writeFileSync(manifest, wanted);
}
