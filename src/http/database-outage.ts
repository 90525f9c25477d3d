// SQLSTATE (PostgreSQL, appendix A): class 08 is the connection; 57P01 to 57P05 a server that ends,
// or is not up yet, or has ended this session, 25P03 as well; 57014 a statement that took too long;
// 53200 and 53300 no memory or connection left; 25006 a standby, as after a failover; 58030 a disk
// that can't be read. The rest is Node's, before the server ever answers.
const SQLSTATES = /^(08...|57P0[1-5]|57014|25P03|53[23]00|25006|58030)$/;
/** disk_full */
const DISK_FULL = '53100';
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
// node-postgres gives these no code.
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|Cannot use a pool after calling end|Postgres connection has been discarded)/;

/** Whether an error says that the database can't be reached now, and a later try may go well. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string' && (SQLSTATES.test(code) || SOCKET_CODES.has(code))) return true;
  return MESSAGES.test(error.message) || isDatabaseOutage(error.cause);
}

/** Whether an error says that the database had no room left for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as Error & { code?: unknown }).code === DISK_FULL || isDiskFull(error.cause);
}

/** Whether it is our own refusal, which is told once when it begins, and not the database's error. */
export function isToldElsewhere(error: unknown): boolean {
  return isDiskFull(error) && !(error instanceof Error && 'severity' in error);
}
