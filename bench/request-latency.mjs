// How long POST /auth/password-reset takes while the SMTP server is up, slow (500 ms a reply), down
// (it refuses connections) and blackholed (nothing answers). A request writes to the outbox and
// speaks to no server, so they must not differ. Answers are held to a grid of 100 ms against
// enumeration by time, so this shows that nothing comes through the grid, not what the work behind
// it costs.
import { startBlackHole } from './black-hole.mjs';
import { REQUESTS } from './flags.mjs';
import { addressOf } from './mails.mjs';
import { startProgram } from './program.mjs';
import { row } from './report.mjs';
import { startSink } from './sink-process.mjs';
import { quantile } from './statistics.mjs';

const WARM_UP = 50;
/** A port that nobody listens on. */
const NOBODY = 1;

async function milliseconds(url, i) {
  const begun = performance.now();
  const response = await fetch(`${url}/auth/password-reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: addressOf(i) }),
  });
  await response.text();
  if (response.status !== 202) throw new Error(`${response.status}`);
  return performance.now() - begun;
}

/** @returns milliseconds of each request, by the name of the server */
async function measure(servers) {
  const times = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  // One request to each at the same moment: whatever else the machine does, it does to all.
  for (let i = 0; i < REQUESTS + WARM_UP; i += 1)
    await Promise.all(
      Object.entries(servers).map(async ([name, { url }]) => {
        const ms = await milliseconds(url, i);
        if (i >= WARM_UP) times[name].push(ms);
      }),
    );
  return times;
}

function judge(times, name) {
  const at = (name, share) => quantile(times[name], share);
  const [p50, p99] = [0.5, 0.99].map((share) => at(name, share) / at('up', share));
  const shown = (name) => `${at(name, 0.5).toFixed(1)} and ${at(name, 0.99).toFixed(1)} ms`;
  return row(
    `POST /auth/password-reset with SMTP ${name}, against SMTP up`,
    `p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}`,
    'at most 1.05 and 1.2',
    p50 <= 1.05 && p99 <= 1.2,
    `up ${shown('up')}, ${name} ${shown(name)}`,
    {
      p50,
      p99,
      milliseconds: {
        up: [at('up', 0.5), at('up', 0.99)],
        [name]: [at(name, 0.5), at(name, 0.99)],
      },
    },
  );
}

export async function requestLatency() {
  const up = await startSink();
  const slow = await startSink({ replyDelay: 500 });
  const blackHole = await startBlackHole();
  const ports = { up: up.port, slow: slow.port, down: NOBODY, blackholed: blackHole.port };
  const servers = {};
  try {
    for (const [name, port] of Object.entries(ports))
      servers[name] = await startProgram('request-latency-server.mjs', {
        port,
        users: REQUESTS + WARM_UP,
      });
    const times = await measure(servers);
    return ['slow', 'down', 'blackholed'].map((name) => judge(times, name)).every(Boolean);
  } finally {
    for (const stoppable of [...Object.values(servers), up, slow, blackHole])
      await stoppable.stop();
  }
}
