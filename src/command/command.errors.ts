/** The command can't be carried out as it was given; the message says what to write instead. */
export class CommandRefused extends Error {
  constructor(
    message: string,
    /** One of the contract's. */
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** Nobody answers on the control socket, although the data directory is in use. */
export class ControlSocketSilent extends Error {
  constructor(path: string, cause: unknown) {
    super(
      `A process holds the data directory but does not answer on its control socket ${path}. ` +
        'If it is starting, try again in a few seconds; if it is stopped, continue or end it.',
      { cause },
    );
  }
}
