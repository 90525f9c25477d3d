import type { Cause } from './smtp.errors.js';

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
  const timer = setTimeout(() => {
    stop();
    end({ kind: 'deadline', ms });
  }, ms);
  const abort = (): void => {
    stop();
    end({ kind: 'aborted' });
  };
  const stop = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  if (signal?.aborted) queueMicrotask(abort);
  else signal?.addEventListener('abort', abort);
  return stop;
}
