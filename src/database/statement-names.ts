/** More than the program has; what is beyond that was put together from values, and is planned anew. */
const MOST = 300;

// Its columns change with the table's, and a statement that was prepared before fails from then on:
// in whatever still runs while a newer version brings the schema up to date.
const ALL_COLUMNS = /(?:select|returning|\.)\s*\*/i;

const names = new Map<string, string>();

/**
 * Under which a connection prepares a statement, so that it is parsed and planned once and not each
 * time. The statements of the outbox take longer to plan than to carry out.
 *
 * @param parameters of this use: what has none is sent as a simple query
 * @returns undefined where it is not to be prepared
 */
export function statementNameOf(text: string, parameters: readonly unknown[]): string | undefined {
  const known = names.get(text);
  if (known) return known;
  if (parameters.length === 0 || names.size >= MOST || ALL_COLUMNS.test(text)) return undefined;
  const name = `gatepost_${names.size + 1}`;
  names.set(text, name);
  return name;
}
