import { statfs } from 'node:fs/promises';

/**
 * How much may still be written to the disk of the embedded database: everything; only what ends
 * what was promised already (`low`); only what has happened already (`spent`).
 */
export type StorageLevel = 'enough' | 'low' | 'spent';

const MEBIBYTE = 1024 * 1024;

/**
 * Octets. PostgreSQL takes 16 MiB at once for the next segment of its log, filled with zeros; where
 * that fails it panics, as it does in a checkpoint. So `spent` leaves room for one segment, the
 * checkpoint after it and the outcomes of the mails in hand (200 at most, a few KiB each), and `low`
 * two segments more, in which the queue is delivered (a mail takes some 3 KiB of them).
 */
export const LOW = 64 * MEBIBYTE;
export const SPENT = 32 * MEBIBYTE;
/** A level is left upwards this much above its floor, or each answer could be another one. */
export const MARGIN = 16 * MEBIBYTE;

/** Milliseconds between two looks; a server that is busy writes some 10 MiB meanwhile. */
const EVERY = 1_000;

/** @param free octets an ordinary user may still write */
export function levelOf(free: number, before: StorageLevel): StorageLevel {
  if (free < SPENT + (before === 'spent' ? MARGIN : 0)) return 'spent';
  if (free < LOW + (before === 'enough' ? 0 : MARGIN)) return 'low';
  return 'enough';
}

export async function freeOctets(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** For people: whole mebibytes. */
export function inMebibytes(octets: number): string {
  return `${Math.floor(octets / MEBIBYTE)} MiB`;
}

/** Looks at the disk once a second, so that nobody who wants to write has to. */
export class StorageWatch {
  level: StorageLevel = 'enough';
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    private readonly directory: string,
    private readonly onChange: (level: StorageLevel, free: number) => void,
  ) {}

  /** A disk that can't be asked, as on a network that is away, has not changed as far as we know. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const free = await freeOctets(this.directory);
      const level = levelOf(free, this.level);
      if (level !== this.level && !this.#isStopped) this.onChange((this.level = level), free);
    } catch {
      // The database will tell what is wrong with it.
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.look(), EVERY).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
