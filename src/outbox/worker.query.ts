import { type Db, sql } from '#database';

/** A worker as another one sees it. */
export interface Beats {
  id: string;
  /** Grows for as long as it lives. */
  beats: string;
}

/** A worker that begins; and those that ended a day ago, of which no mail is left, are forgotten. */
export async function enlist(db: Db, id: string): Promise<void> {
  await sql`
    with forgotten as (
      delete from delivery_workers where ended_at < now() - interval '1 day'
    )
    insert into delivery_workers (id) values (${id})
  `.execute(db);
}

/** Shows that a worker lives. @returns false where it was taken for dead, which is for good */
export async function beat(db: Db, id: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update delivery_workers set beats = beats + 1 where id = ${id} and ended_at is null
  `.execute(db);
  return numAffectedRows === 1n;
}

/** All the others that have not ended. */
export async function beatsBeside(db: Db, id: string): Promise<Beats[]> {
  const { rows } = await sql<Beats>`
    select id, beats from delivery_workers where ended_at is null and id <> ${id}
  `.execute(db);
  return rows;
}

/** What a worker has in hand is for others from now on, unless it has shown life since. */
export async function declareDead(db: Db, { id, beats }: Beats): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update delivery_workers set ended_at = now()
    where id = ${id} and beats = ${beats} and ended_at is null
  `.execute(db);
  return numAffectedRows === 1n;
}

/** A worker that ends by itself. */
export async function discharge(db: Db, id: string): Promise<void> {
  await sql`
    update delivery_workers set ended_at = now() where id = ${id} and ended_at is null
  `.execute(db);
}
