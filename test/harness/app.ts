import { DATABASE, type Db } from '#database';
import { loadConfiguration } from '../../src/configuration.js';
import { judgedSettings } from '../../src/doctor-run.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { Clock } from './clock.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { arrivalOf, type Evidence, readMails } from './evidence.js';
import { HttpClient } from './http-client.js';
import { TestInbox } from './inbox.js';
import { checkWhatArrived } from './invariants.js';
import { Ledger } from './ledger.js';
import { startedServers } from './smtp-server.js';

/** The whole application in this process, on a database and ports of its own. */
export interface TestApp {
  url: string;
  http: HttpClient;
  /** The built-in inbox, over HTTP. */
  inbox: TestInbox;
  clock: Clock;
  db: Db;
  server: RunningServer;
  /** The test itself has written into the mails: nobody can account for them. */
  isTampered: boolean;
  /** @throws InvariantsBroken where a mail went as no mail may; see `invariants.ts` */
  close(): Promise<void>;
}

/** @param env settings that differ from those of a test; see below */
export async function startApp(
  env: Record<string, string> = {},
  database?: TestDatabase,
): Promise<TestApp> {
  const own = database ?? (await createTestDatabase());
  const server = await startServer(...configurationFor({ ...own.env, ...env }));
  const db = server.app.get<Db>(DATABASE, { strict: false });
  const url = server.url ?? '';
  const ledger = new Ledger();
  const http = new HttpClient(url, ledger);
  const clock = new Clock(db);
  const app: TestApp = {
    url,
    http,
    inbox: new TestInbox(http),
    clock,
    db,
    server,
    isTampered: false,
    close: async () => {
      const evidence = await collect(db, ledger);
      await server.close();
      if (!database) await own.drop();
      if (!app.isTampered && !env['SMTP_BCC'] && !env['MAIL_REDIRECT_TO'])
        checkWhatArrived(evidence, clock.isMoved);
    },
  };
  return app;
}

/** The rows first: what they call sent has arrived by then. */
async function collect(db: Db, { promises }: Ledger): Promise<Evidence> {
  const rows = await readMails(db);
  const arrivals = startedServers.flatMap(({ messages }) => messages).map(arrivalOf);
  return { promises, ...rows, arrivals };
}

/** Servers of tests count who connects to them, so that nobody is to look at them unasked. */
const DEFAULTS = {
  PORT: '0',
  LOG_LEVEL: 'silent',
  RATE_LIMIT: 'off',
  SMTP_CHECK_AT_START: 'false',
};

function configurationFor(env: Record<string, string>): Parameters<typeof startServer> {
  const source = { env: { ...DEFAULTS, ...env } };
  const configuration = loadConfiguration(source);
  if (!configuration.ok)
    throw new Error(`Bad settings: ${JSON.stringify(configuration.faults, undefined, 2)}`);
  return [configuration.settings, configuration.smtp, judgedSettings(source)];
}
