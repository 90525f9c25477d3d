import { type Kysely, sql } from 'kysely';

const statements = [
  // How far a mail is suspected of ending its worker; see the outbox.
  sql`alter table outbox add column suspicion smallint not null default 0`,
  sql`create index outbox_suspects on outbox (next_attempt_at, id)
    where status = 'queued' and suspicion > 0`,

  // Lists by status, the oldest that waits and what is to be purged, however long the table is. It
  // takes the place of the index by age alone, so that a mail costs no more to write.
  sql`create index outbox_by_status on outbox (status, created_at, id)`,
  sql`drop index outbox_by_age`,

  // A queue leaves three dead versions of each row at the front of its indexes: a hundredth of a
  // long table is as many as a claim should have to step over.
  sql`alter table outbox set (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01)`,

  // How many mails there are, as changes whose sum it is: whoever adds a line waits for nobody, as
  // he would for a row that holds the sum itself.
  sql`create table outbox_counts (
    status text not null,
    -- Of mails that were sent: by whom, and in which minute.
    account text,
    minute timestamptz(3),
    mails bigint not null
  )`,
  sql`alter table outbox_counts set (autovacuum_vacuum_scale_factor = 0)`,
  sql`insert into outbox_counts (status, account, minute, mails)
    select status, case when status = 'sent' then account end,
      case when status = 'sent' then date_trunc('minute', sent_at) end, count(*)
    from outbox group by 1, 2, 3`,
  // By triggers, so that no statement can forget it, one made by hand included.
  sql`create function outbox_count() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        insert into outbox_counts (status, account, minute, mails)
        select status, case when status = 'sent' then account end,
          case when status = 'sent' then date_trunc('minute', sent_at) end, count(*)
        from added group by 1, 2, 3;
      elsif tg_op = 'DELETE' then
        insert into outbox_counts (status, account, minute, mails)
        select status, case when status = 'sent' then account end,
          case when status = 'sent' then date_trunc('minute', sent_at) end, -count(*)
        from removed group by 1, 2, 3;
      elsif tg_op = 'UPDATE' then
        insert into outbox_counts (status, account, minute, mails)
        select status, case when status = 'sent' then account end,
          case when status = 'sent' then date_trunc('minute', sent_at) end, sum(change)
        from (
          select status, account, sent_at, 1 as change from added
          union all select status, account, sent_at, -1 from removed
        ) as changed
        group by 1, 2, 3 having sum(change) <> 0;
      else
        delete from outbox_counts;
      end if;
      return null;
    end
  $$`,
  sql`create trigger outbox_count_added after insert on outbox
    referencing new table as added for each statement execute function outbox_count()`,
  sql`create trigger outbox_count_removed after delete on outbox
    referencing old table as removed for each statement execute function outbox_count()`,
  sql`create trigger outbox_count_changed after update on outbox
    referencing old table as removed new table as added
    for each statement execute function outbox_count()`,
  sql`create trigger outbox_count_emptied after truncate on outbox
    for each statement execute function outbox_count()`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
