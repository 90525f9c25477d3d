// Row a: how long POST /auth/password-reset takes while the SMTP server is up, slow (500 ms a
// reply) and down. A request writes to the outbox and speaks to no server, so the three must not
// differ. Answers are held to a grid of 100 ms against enumeration by time, so this shows that
// nothing comes through the grid, not what the work behind it costs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startSink } from './sink-process.mjs';
import { quantile, row } from './statistics.mjs';

const REQUESTS = Number(process.env.BENCH_REQUESTS ?? 1_000);
const WARM_UP = 50;

async function startServerFor(smtpPort) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'request-latency-server.mjs')], {
    env: { ...process.env, SMTP_PORT: String(smtpPort), USERS: String(REQUESTS + WARM_UP) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  return { url, stop: () => child.kill() };
}

async function milliseconds(url, i) {
  const begun = performance.now();
  const response = await fetch(`${url}/auth/password-reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `person${i}@example.com` }),
  });
  await response.text();
  if (response.status !== 202) throw new Error(`${response.status}`);
  return performance.now() - begun;
}

export async function requestLatency() {
  const [up, slow] = await Promise.all([startSink(), startSink(500)]);
  const servers = {
    up: await startServerFor(up.port),
    slow: await startServerFor(slow.port),
    down: await startServerFor(1),
  };
  const times = { up: [], slow: [], down: [] };
  // One request to each at the same moment: whatever else the machine does, it does to all three.
  for (let i = 0; i < REQUESTS + WARM_UP; i += 1)
    await Promise.all(
      Object.entries(servers).map(async ([name, { url }]) => {
        const ms = await milliseconds(url, i);
        if (i >= WARM_UP) times[name].push(ms);
      }),
    );
  for (const stoppable of [...Object.values(servers), up, slow]) stoppable.stop();

  const ratio = (name, share) => quantile(times[name], share) / quantile(times.up, share);
  const met = ['slow', 'down'].map((name) => {
    const [p50, p99] = [ratio(name, 0.5), ratio(name, 0.99)];
    return row(
      `POST /auth/password-reset with SMTP ${name}, against SMTP up`,
      `p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}`,
      'at most 1.05 and 1.2',
      p50 <= 1.05 && p99 <= 1.2,
      `up ${quantile(times.up, 0.5).toFixed(1)} and ${quantile(times.up, 0.99).toFixed(1)} ms, ` +
        `${name} ${quantile(times[name], 0.5).toFixed(1)} and ${quantile(times[name], 0.99).toFixed(1)} ms`,
    );
  });
  return met.every(Boolean);
}
