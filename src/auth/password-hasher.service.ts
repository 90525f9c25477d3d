import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { Problem } from '#http';
import { QueueFull, WorkQueue } from './work-queue.js';

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane; about 25 ms of one core. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A full queue is worked off in half a second or so, whatever the number of cores. */
const WAITING_PER_CORE = 16;
const SECONDS_UNTIL_RETRY = 2;

/**
 * Hashes passwords, on libuv's threads and no more at once than there are cores, so that a flood
 * of sign-ins neither fills the memory nor keeps other requests waiting.
 *
 * Passwords are taken as NFKC (NIST SP 800-63B-4, 3.1.1.2): two keyboards may spell one "é" in
 * two ways.
 */
@Injectable()
export class PasswordHasher {
  readonly #queue = new WorkQueue({
    atOnce: availableParallelism(),
    waiting: WAITING_PER_CORE * availableParallelism(),
  });
  readonly #nobodysHash = hash(randomBytes(32), ARGON2ID);

  /**
   * @returns a string in PHC format
   * @throws {Problem} `busy`
   */
  hash(password: string): Promise<string> {
    return this.#run(() => hash(password.normalize('NFKC'), ARGON2ID));
  }

  /**
   * @param passwordHash null or undefined where there is none to compare with, which takes just as
   *   long and is always false
   * @throws {Problem} `busy`
   */
  verify(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    return this.#run(async () => {
      const same = await verify(
        passwordHash ?? (await this.#nobodysHash),
        password.normalize('NFKC'),
      );
      return same && typeof passwordHash === 'string';
    });
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await this.#queue.run(task);
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error;
      throw new Problem('busy', `Try again in ${SECONDS_UNTIL_RETRY} seconds.`, {
        retryAfter: SECONDS_UNTIL_RETRY,
      });
    }
  }
}
