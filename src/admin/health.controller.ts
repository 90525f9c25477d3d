import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import {
  assertWritable,
  DATABASE,
  DATABASE_CONNECTION,
  type DatabaseConnection,
  type Db,
  READ_ONLY,
} from '#database';
import { ApiProblems, EndingConnections, Problem, Public } from '#http';
import { SETTINGS, type Settings } from '#settings';
import { AccountCheckups, SmtpAccounts } from '#smtp-account';

/** Milliseconds in which the database has to answer. */
const DATABASE_DEADLINE = 2_000;

const liveSchema = z.object({ status: z.literal('ok') });
const readySchema = liveSchema.extend({
  checks: z.object({
    database: z.literal('ok'),
    mail: z
      .enum(['ok', 'failing', 'skipped'])
      .describe('`failing` is for people to mend; it never makes the server unready'),
    userVerification: z.enum(['required', 'skipped']),
    smtp: z
      .array(z.object({ account: z.string(), code: z.string() }))
      .describe('What the doctor said last of the accounts in use; admins read more of it'),
  }),
});

type Readiness = z.infer<typeof readySchema>;

@Controller('health')
@Public()
@ApiTags('operations')
export class HealthController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASE) private readonly db: Db,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
    private readonly connections: EndingConnections,
    private readonly accounts: SmtpAccounts,
    private readonly checkups: AccountCheckups,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'Does the process answer? (liveness probe)' })
  @ApiOkResponse({ standardSchema: liveSchema })
  live(): z.infer<typeof liveSchema> {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Can it serve requests? (readiness probe)' })
  @ApiOkResponse({ standardSchema: readySchema })
  @ApiProblems('database-unavailable', 'not-ready', 'shutting-down')
  async ready(): Promise<Readiness> {
    if (this.connections.areEnding)
      throw new Problem('shutting-down', 'It finishes what it has begun and takes nothing new.');
    const smtp = await this.#askDatabase();
    if (this.connection.storage !== 'enough')
      throw new Problem(
        'not-ready',
        'The disk of the database is almost full: what is there can be read, and nothing new is taken in.',
      );
    return {
      status: 'ok',
      checks: {
        database: 'ok',
        mail: this.#mail(),
        userVerification: this.settings.skipUserVerification ? 'skipped' : 'required',
        smtp,
      },
    };
  }

  #mail(): 'ok' | 'failing' | 'skipped' {
    const state = this.accounts.state();
    return state === 'none' ? 'skipped' : state;
  }

  /** It has to answer, and to take what is written. */
  async #askDatabase(): Promise<Readiness['checks']['smtp']> {
    const accounts = this.accounts.inOrder();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), DATABASE_DEADLINE);
    });
    try {
      const answer = assertWritable(this.db).then(() => this.checkups.of(accounts));
      const checkups = await Promise.race([answer, deadline]);
      return accounts.flatMap(({ id, name }) => {
        const checkup = checkups.get(id);
        return checkup ? [{ account: name, code: checkup.code }] : [];
      });
    } catch (cause) {
      throw new Problem('database-unavailable', reasonOf(cause), { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

function reasonOf(cause: unknown): string {
  return (cause as { code?: unknown }).code === READ_ONLY
    ? 'The database can be read and not written: it is a standby. Promote it, or let DATABASE_URL lead to the primary.'
    : 'The database does not answer.';
}
