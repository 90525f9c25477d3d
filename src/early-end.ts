const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const endAtOnce = (): never => process.exit(0);

/**
 * Until somebody waits for {@link firstSignal}: while the modules are loaded, which takes most of a
 * second, nothing is under way, and a server that is told to end has ended well.
 */
export function endAtOnceWhenTold(): void {
  for (const signal of SIGNALS) process.on(signal, endAtOnce);
}

/** Later signals, for an impatient operator sends several, change nothing. */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.on(signal, () => resolve(signal));
      process.off(signal, endAtOnce);
    }
  });
}
