// Programs in processes of their own that answer questions: sinks, the distance, the contenders.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Starts bench/<file> with its options, and waits until it is ready.
 *
 * @returns what it said when it was ready, and how to ask it
 */
export async function startProgram(file, options) {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(options)]);
  const ended = once(child, 'exit');
  const answer = async () => {
    const [said] = await Promise.race([
      once(child, 'message'),
      ended.then(([code, signal]) => {
        throw new Error(`${file} ended with ${code ?? signal}`);
      }),
    ]);
    if (said.fault) throw new Error(`${file}: ${said.fault}`);
    return said.value;
  };
  const ready = await answer();
  return {
    ...ready,
    /** One question at a time. */
    async ask(question, about) {
      const answered = answer();
      child.send({ question, about });
      return await answered;
    },
    async stop() {
      child.disconnect();
      await ended.catch(() => {});
    },
  };
}

/** The options a program was started with. */
export const optionsOfProgram = () => JSON.parse(process.argv[2]);

/**
 * The other side: says that it is ready, and answers until nobody asks any more.
 *
 * @param answers by question
 * @param stop what to close at the end
 */
export function serve(ready, answers, stop = () => {}) {
  process.on('message', ({ question, about }) => {
    Promise.try(answers[question], about).then(
      (value) => process.send({ value: value ?? null }),
      (fault) => process.send({ fault: fault?.stack ?? String(fault) }),
    );
  });
  process.once('disconnect', () => {
    Promise.try(stop).finally(() => process.exit());
    setTimeout(() => process.exit(), 5_000).unref();
  });
  process.send({ value: ready });
}
