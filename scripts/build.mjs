// Compiles src/ to dist/. With --if-stale it does nothing when dist/ is newer than every
// source, so that `npm start` costs a directory walk and not a compilation.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'dist', '.built');
const inputs = ['src', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package.json'];

function newestChange(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestChange(join(path, name))),
    stat.mtimeMs,
  );
}

function isFresh() {
  const built = statSync(stamp, { throwIfNoEntry: false });
  return built && inputs.every((input) => newestChange(join(root, input)) <= built.mtimeMs);
}

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);

console.log('Compiling Gatepost…');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
writeFileSync(stamp, '');
