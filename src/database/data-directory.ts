import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataDirectoryLocked, DataDirectoryUnusable } from './database.errors.js';

/** SQLITE_BUSY: somebody else holds the lock. */
const SQLITE_BUSY = 5;

interface Holder {
  pid: number;
  startedAt: string;
}

/**
 * `DATA_DIR`, held by this process alone: the embedded database, the generated key and the
 * control socket live in it.
 */
export interface DataDirectory {
  readonly path: string;
  release(): void;
}

/**
 * Takes the one lock on the directory, making the directory (mode 0700) where it is missing.
 *
 * Two processes on one PGlite directory corrupt it, and PGlite has no lock of its own. Node has
 * no flock either, but it brings SQLite, whose exclusive lock is the kernel's own (fcntl): it is
 * free the moment its holder dies, however it dies, it stays while the holder is merely stopped,
 * and there is no moment in which two takers of a dead holder's lock can both win. A file with a
 * PID in it can promise none of the three. The PID beside the lock only names the holder.
 *
 * @throws {DataDirectoryLocked} while another process lives that holds it
 * @throws {DataDirectoryUnusable} where the directory can't be made or written
 */
export function holdDataDirectory(path: string): DataDirectory {
  try {
    process.umask(0o077);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    throw new DataDirectoryUnusable(path, error);
  }

  const holderFile = join(path, 'lock.json');
  const lock = openLock(join(path, 'lock'), path);
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new DataDirectoryLocked(path, readHolder(holderFile)?.pid);
    throw new DataDirectoryUnusable(path, error);
  }
  const holder: Holder = { pid: process.pid, startedAt: new Date().toISOString() };
  try {
    writeFileSync(holderFile, JSON.stringify(holder), { mode: 0o600 });
  } catch (error) {
    lock.close();
    throw new DataDirectoryUnusable(path, error);
  }
  return { path, release: () => lock.close() };
}

function openLock(file: string, path: string): DatabaseSync {
  try {
    const lock = new DatabaseSync(file);
    chmodSync(file, 0o600);
    lock.exec('pragma locking_mode = exclusive; pragma busy_timeout = 0');
    return lock;
  } catch (error) {
    throw new DataDirectoryUnusable(path, error);
  }
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_BUSY;
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    // The holder has the lock but has not written its name yet, or the file was removed by hand.
    return undefined;
  }
}
