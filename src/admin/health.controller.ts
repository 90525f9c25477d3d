import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { DATABASE, type Db, sql } from '#database';
import { ApiProblems, Problem, Public } from '#http';
import { SETTINGS, type Settings } from '#settings';
import { SmtpAccounts } from '#smtp-account';

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
  }),
});

@Controller('health')
@Public()
@ApiTags('operations')
export class HealthController {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly accounts: SmtpAccounts,
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
  @ApiProblems('database-unavailable')
  async ready(): Promise<z.infer<typeof readySchema>> {
    await this.#askDatabase();
    return {
      status: 'ok',
      checks: {
        database: 'ok',
        mail: this.#mail(),
        userVerification: this.settings.skipUserVerification ? 'skipped' : 'required',
      },
    };
  }

  #mail(): 'ok' | 'failing' | 'skipped' {
    const state = this.accounts.state();
    return state === 'none' ? 'skipped' : state;
  }

  async #askDatabase(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), DATABASE_DEADLINE);
    });
    try {
      await Promise.race([sql`select 1`.execute(this.db), deadline]);
    } catch (cause) {
      throw new Problem('database-unavailable', 'The database does not answer.', { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
