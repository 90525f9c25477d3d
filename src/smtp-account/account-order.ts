import type { AccountView } from './account-view.js';

/** Of an account in the list: rank, priority, time and id, each deciding where those before tie. */
export type Place = readonly [rank: number, priority: number, at: string, id: string];

/**
 * The default first, then that of the environment, then those of the database: the order of
 * delivery. The built-in inbox never stands in for a server, so that it comes last.
 */
export function placeOf(account: AccountView & { readonly isDefault: boolean }): Place {
  const { isDefault, source, name, priority, createdAt, id } = account;
  const rank = isDefault ? 0 : source === 'database' ? 2 : name === 'inbox' ? 3 : 1;
  return [rank, priority ?? 0, createdAt?.toISOString() ?? '', id];
}

/** Negative: `a` comes first. */
export function comparePlaces(a: Place, b: Place): number {
  for (const [i, part] of a.entries()) {
    const other = b[i] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

/**
 * The account that is asked first: the chosen one while it is enabled, else that of the
 * environment, else the first by priority.
 *
 * @param inDatabase in their order
 */
export function defaultOf(
  inDatabase: readonly { readonly id: string; readonly enabled: boolean }[],
  chosen: string | undefined,
  hasEnvironment: boolean,
): string | undefined {
  const enabled = inDatabase.filter((account) => account.enabled);
  if (chosen !== undefined && enabled.some(({ id }) => id === chosen)) return chosen;
  return hasEnvironment ? 'environment' : enabled[0]?.id;
}
