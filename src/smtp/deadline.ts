import type { Cause } from './smtp.errors.js';

/**
 * Calls back when the time is over and all that had come by then has been read: Node looks at its
 * timers before its sockets, and a process that was stopped for long finds both due.
 * @returns ends the wait
 */
export function after(ms: number, callback: () => void): () => void {
  let turn: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (turn = setImmediate(callback)), ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

/**
 * Calls back once, when the time is over or the signal fires. A hard deadline: nothing that
 * arrives meanwhile extends it, or a server that drips octets could hold a worker for ever.
 * @returns ends the watch
 */
export function watch(
  ms: number,
  signal: AbortSignal | undefined,
  end: (cause: Cause) => void,
): () => void {
  const stopTimer = after(ms, () => {
    stop();
    end({ kind: 'deadline', ms });
  });
  const abort = (): void => {
    stop();
    end({ kind: 'aborted' });
  };
  const stop = (): void => {
    stopTimer();
    signal?.removeEventListener('abort', abort);
  };
  if (signal?.aborted) queueMicrotask(abort);
  else signal?.addEventListener('abort', abort);
  return stop;
}

/** The time was over, or the signal fired, before the work was done. */
export class Ended extends Error {
  constructor(readonly why: Cause) {
    super(why.kind);
  }
}

/**
 * Work that has to be done in time. Its own signal fires when it fails or is not awaited any
 * longer, for it to clear up what it began; never once it has succeeded.
 * @throws Ended at the deadline, or when the signal fires, whether the work notices or not
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const over = Promise.withResolvers<never>();
  const stop = watch(ms, signal, (cause) => over.reject(new Ended(cause)));
  try {
    return await Promise.race([work(ended.signal), over.promise]);
  } catch (error) {
    ended.abort(error);
    throw error;
  } finally {
    stop();
  }
}
