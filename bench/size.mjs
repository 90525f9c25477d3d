// What a long queue costs: 1,000,000 mails wait, and as many have been sent today. On the embedded
// database, or on the one of BENCH_DATABASE_URL, which has to be empty.
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, openDatabase, sql } from '../dist/database/index.js';
import { Outbox } from '../dist/outbox/index.js';
import { Vault } from '../dist/vault/index.js';
import { temporaryDirectory } from './application.mjs';
import { DATABASE_URL, SIZE } from './flags.mjs';
import { fillQueue, STEP } from './queued-mails.mjs';
import { row } from './report.mjs';
import { median, quantile } from './statistics.mjs';

const CLAIMS = 200;
const ACCOUNT = 'environment';
const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');

const key = randomBytes(32);
const vault = new Vault(key);

const databaseOf = (dataDir) => ({ dataDir, databaseUrl: DATABASE_URL });

const at = (i) => new Date(Date.now() - 23 * 3_600_000 * (1 - i / SIZE));

async function fillHistory(db) {
  for (let done = 0; done < SIZE; done += STEP)
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, created_at,
        expires_at, attempts, account, sent_at, ended_at)
      select id, 'password-reset', 'person' || i || '@example.com', 'en', 'sent', 0,
        '<' || id || '@app.bench.gatepost.dev>', at, now(), 1, ${ACCOUNT}, at, at
      from (
        select gen_random_uuid() as id, i,
          now() - interval '23 hours' * (1 - i::float8 / ${SIZE}::float8) as at
        from generate_series(${done + 1}::int, ${Math.min(done + STEP, SIZE)}::int) as i
      ) as mail
    `.execute(db);
}

async function timed(work, times) {
  const took = [];
  for (let i = 0; i < times; i += 1) {
    const begun = performance.now();
    await work();
    took.push(performance.now() - begun);
  }
  return took;
}

const shown = (took) =>
  `p50 ${median(took).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms`;

/** The program as people run it, with an account that takes nothing. */
async function start(dataDir) {
  const begun = performance.now();
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATA_DIR: dataDir,
      SECRET_KEY: key.toString('hex'),
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: '9',
      SMTP_SENDER: 'no-reply@bench.gatepost.dev',
      ...(DATABASE_URL && { DATABASE_URL: DATABASE_URL }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      output += data;
      const found = /API +(http:\/\/[^"\s]+)/.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once('close', () => reject(new Error(output)));
  });
  while (!(await fetch(`${url}/health/ready`)).ok) await sleep(20);
  const seconds = (performance.now() - begun) / 1_000;
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
  });
  const stop = (signal) => {
    child.kill(signal);
    return ended;
  };
  const megabytes = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1_024;
  return { url, seconds, stop, megabytes };
}

/** After half a minute of its own work. */
async function memoryOf(dataDir) {
  const server = await start(dataDir);
  await sleep(30_000);
  const megabytes = server.megabytes();
  const metrics = await timed(async () => {
    await (await fetch(`${server.url}/metrics`)).text();
  }, 20);
  await server.stop('SIGKILL');
  return { megabytes, metrics };
}

export async function size() {
  const dataDir = join(temporaryDirectory(), 'data');
  const first = await openDatabase(databaseOf(dataDir));
  await migrate(first.db);
  await first.close();
  const idle = await memoryOf(dataDir);

  const connection = await openDatabase(databaseOf(dataDir));
  const outbox = new Outbox(connection.db, connection, vault);
  await fillHistory(connection.db);
  await fillQueue(connection.db, vault, { mails: SIZE, kind: 'password-reset', at });
  await outbox.tidy();

  const plain = await timed(() => outbox.claim(randomUUID(), 20, 400), CLAIMS);
  const quota = { account: ACCOUNT, perMinute: undefined, perDay: 3 * SIZE };
  const limited = await timed(() => outbox.claim(randomUUID(), 20, 400, quota), CLAIMS);
  const due = await timed(() => outbox.nextDueInMs(), CLAIMS);
  const counts = await timed(() => outbox.size(), CLAIMS);
  const page = await timed(() => outbox.list({}, 51), CLAIMS);
  await sql`update outbox set created_at = created_at - interval '40 days',
    ended_at = ended_at - interval '40 days' where id in (
      select id from outbox where status = 'sent' order by created_at limit 20000)`.execute(
    connection.db,
  );
  await outbox.tidy();
  const purge = await timed(() => outbox.purge(30), 40);
  await connection.close();

  const full = await memoryOf(dataDir);
  const restarted = await start(dataDir);
  await restarted.stop('SIGTERM');

  const growth = full.megabytes - idle.megabytes;
  const title = (what) => `${what}, ${SIZE} mails queued and as many sent`;
  const ms = (took) => `${median(took).toFixed(1)} ms`;
  const numbers = (took) => ({ p50: median(took), p99: quantile(took, 0.99) });
  return [
    row(
      title('claim of 20'),
      ms(plain),
      'p50 at most 10 ms',
      median(plain) <= 10,
      shown(plain),
      numbers(plain),
    ),
    row(
      title('claim of 20 within a limit a day'),
      ms(limited),
      'p50 at most 10 ms',
      median(limited) <= 10,
      `${shown(limited)}; next due ${shown(due)}`,
      numbers(limited),
    ),
    row(
      title('counts'),
      ms(counts),
      'p50 at most 100 ms',
      median(counts) <= 100,
      `${shown(counts)}; /metrics ${shown(full.metrics)}, of an empty database ` +
        `${shown(idle.metrics)}; a page of mails ${shown(page)}`,
      numbers(counts),
    ),
    row(
      title('purge of 500'),
      ms(purge),
      'p50 at most 100 ms',
      median(purge) <= 100,
      shown(purge),
      numbers(purge),
    ),
    row(
      title('memory above that of an empty database'),
      `${growth.toFixed(0)} MB`,
      'at most 50 MB',
      growth <= 50,
      `${full.megabytes.toFixed(0)} MB against ${idle.megabytes.toFixed(0)} MB`,
      { growth },
    ),
    row(
      title('start after kill -9 until it is ready'),
      `${restarted.seconds.toFixed(1)} s`,
      'at most 10 s',
      restarted.seconds <= 10,
      'embedded or PostgreSQL, as given',
      { seconds: restarted.seconds },
    ),
  ].every(Boolean);
}
