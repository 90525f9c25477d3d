import { type Db, sql } from '#database';
import { isOver } from './is-over.js';

/** Seconds without word of it after which a connection's process is taken for dead. */
export const SLOT_LEASE = 45;

/** Notified when one of an account's connections is free again and somebody may wait for it. */
export const SLOTS_CHANNEL = 'gatepost_smtp_slots';

const aLease = sql`now() + make_interval(secs => ${SLOT_LEASE})`;
const isFree = sql`(held_until is null or ${isOver(sql`held_until`, SLOT_LEASE)})`;

/**
 * Takes the first number up to `most` that nobody has, or that a dead process had. One that is
 * being taken at this moment is passed over, so nobody waits.
 *
 * @param holder of this one connection
 * @returns false where there is none
 */
export async function takeSlot(
  db: Db,
  holder: string,
  accountId: string,
  most: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with free as (
      select number from smtp_connection_slots
      where account_id = ${accountId} and number <= ${most} and ${isFree}
      order by number limit 1 for update skip locked
    )
    update smtp_connection_slots as slot set holder = ${holder}, held_until = ${aLease}
    from free where slot.account_id = ${accountId} and slot.number = free.number
  `.execute(db);
  return numAffectedRows === 1n;
}

/** Numbers an account's connections up to `most`, as far as they are not. */
export async function numberSlots(db: Db, accountId: string, most: number): Promise<void> {
  await sql`
    insert into smtp_connection_slots (account_id, number)
    select ${accountId}, number from generate_series(1, ${most}::integer) as number
    on conflict do nothing
  `.execute(db);
}

/** Says that all these are still open. One that was taken for dead and given away stays so. */
export async function renewSlots(db: Db, holders: readonly string[]): Promise<void> {
  await sql`
    update smtp_connection_slots set held_until = ${aLease} where holder = any(${holders}::uuid[])
  `.execute(db);
}

/** Frees one, and tells of it where all up to `most` were taken, for then somebody may wait. */
export async function freeSlot(
  db: Db,
  holder: string,
  accountId: string,
  most: number,
): Promise<void> {
  await sql`
    with freed as (
      update smtp_connection_slots set holder = null, held_until = null
      where holder = ${holder} returning number
    )
    select pg_notify(${SLOTS_CHANNEL}, '') from freed where not exists (
      select from smtp_connection_slots
      where account_id = ${accountId} and number <= ${most} and ${isFree})
  `.execute(db);
}
