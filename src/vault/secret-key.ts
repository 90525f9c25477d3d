import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '#settings';

/**
 * `SECRET_KEY`, or the key made once into the data directory (mode 0600).
 *
 * @throws where the key file is there and is not a key: making a new one would turn everything
 *   sealed so far into noise
 */
export function secretKey({ secretKey, dataDir }: Pick<Settings, 'secretKey' | 'dataDir'>): Buffer {
  if (secretKey) return secretKey;
  const file = join(dataDir, 'secret.key');
  try {
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(key))
    throw new Error(
      `${file} does not hold a key of 64 hexadecimal digits. Put the original file back, or set SECRET_KEY.`,
    );
  return Buffer.from(key, 'hex');
}
