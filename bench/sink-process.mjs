import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts bench/sink.mjs. @param delay milliseconds before each reply */
export async function startSink(delay = 0) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink.mjs')], {
    env: { ...process.env, DELAY: String(delay) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const line = async () => Number((await once(lines, 'line'))[0]);
  const port = await line();
  return {
    port,
    async count() {
      const answer = line();
      child.stdin.write('count\n');
      return answer;
    },
    stop() {
      child.kill();
    },
  };
}
