import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The processes that were started with, or stand in, something below this directory. */
export function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
        const place = readlinkSync(join('/proc', pid, 'cwd'));
        return `${command} ${place}`.includes(directory) ? [`${pid} ${command}`] : [];
      } catch {
        // it has ended meanwhile
        return [];
      }
    });
}
