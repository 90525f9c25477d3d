import { type Db, sql } from '#database';

/**
 * Adds up what `outbox_counts` has in more than one line, and forgets by whom and when what is
 * older than a day was sent. Any number of processes may do it at once.
 */
export async function foldCounts(db: Db): Promise<void> {
  await sql`
    with kept as (
      select ctid, minute > now() - interval '25 hours' as is_recent,
        count(*) over (partition by status, account, minute) as lines from outbox_counts
    ),
    taken as (
      delete from outbox_counts where ctid = any (array (
        select ctid from outbox_counts
        where ctid in (select ctid from kept where lines > 1 or not is_recent)
        for update skip locked
      ))
      returning status, mails,
        case when minute > now() - interval '25 hours' then account end as account,
        case when minute > now() - interval '25 hours' then minute end as minute
    )
    insert into outbox_counts (status, account, minute, mails)
    select status, account, minute, sum(mails) from taken
    group by status, account, minute having sum(mails) <> 0
  `.execute(db);
}
