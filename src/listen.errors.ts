const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already. Stop it, or set PORT to another number',
  EADDRNOTAVAIL:
    'this machine does not have that address. Set HTTP_HOST to one of its own, or to 0.0.0.0 for all',
  EACCES: 'this user may not. Set PORT to a number above 1023',
  ENOTFOUND: 'HTTP_HOST is no name that can be looked up. Set it to an address of this machine',
};

/** HTTP can't be served where the settings say. */
export class CanNotListen extends Error {
  constructor(
    { port, httpHost }: { port: number; httpHost: string },
    cause: NodeJS.ErrnoException,
  ) {
    const reason = reasons[cause.code ?? ''] ?? `${cause.message}. Check PORT and HTTP_HOST`;
    super(`Gatepost can not listen on port ${port} of ${httpHost}: ${reason}.`, { cause });
  }
}
