import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEBIBYTE = 1024 * 1024;

/** A file system of its own, so small that it can be filled. Real: in memory, mounted for a test. */
export interface SmallDisk {
  path: string;
  readonly freeMebibytes: number;
  /** Another program takes all but so many MiB. */
  fillTo(mebibytes: number): void;
  /** What {@link fillTo} has taken is free again. */
  free(): void;
  unmount(): void;
}

/** @throws where this user may not mount */
export function mountSmallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'gatepost-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'gatepost-test', path], {
      stdio: 'pipe',
    });
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  const filler = join(path, 'filler');
  const freeOctets = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    get freeMebibytes() {
      return freeOctets() / MEBIBYTE;
    },
    fillTo: (left) => fill(filler, Math.floor(freeOctets() - left * MEBIBYTE)),
    free: () => rmSync(filler, { force: true }),
    unmount: () => {
      execFileSync('umount', ['--lazy', path]);
      rmSync(path, { recursive: true });
    },
  };
}

function fill(file: string, octets: number): void {
  const descriptor = openSync(file, 'a');
  const chunk = Buffer.alloc(MEBIBYTE, 1);
  try {
    for (let left = octets; left > 0;)
      left -= writeSync(descriptor, chunk, 0, Math.min(left, chunk.length));
  } catch (error) {
    // Somebody else has written meanwhile: full is what was asked for.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * `describe` for tests that fill a disk. Where this user may not mount one they are skipped with a
 * sentence that says so; where everything has to be tested (CI) they fail instead.
 */
export function describeWithSmallDisk(name: string, tests: () => void): void {
  const sentence = whyNot();
  if (!sentence) return describe(name, tests);
  if (process.env['CI']) {
    test(name, () => {
      throw new Error(sentence);
    });
  } else {
    process.stderr.write(`Skipped: ${name}. ${sentence}\n`);
    describe.skip(name, tests);
  }
}

function whyNot(): string | undefined {
  try {
    mountSmallDisk(1).unmount();
    return undefined;
  } catch {
    return 'A small file system (tmpfs) can not be mounted: run the tests as root on Linux.';
  }
}
