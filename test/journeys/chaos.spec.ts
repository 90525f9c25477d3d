import { runChaos } from '../chaos/chaos.js';
import { DEFAULTS } from '../chaos/options.js';
import { runStages, STAGES } from '../chaos/stages.js';
import { createTestDatabase, databaseKind, type TestDatabase } from '../harness/database.js';

// A short piece of what `npm run chaos` does for as long as one likes.

describe('chaos, for half a minute', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it('A31, A46: random kills and faults lose nothing, and no copy is without a reason', async () => {
    const workers = databaseKind === 'postgresql' ? 2 : 1;
    const options = { ...DEFAULTS, seed: 4711, workers, kills: 4, odds: 0.05, mails: 80 };
    const result = await runChaos(options, database.env.DATABASE_URL);
    expect(result).toMatchObject({ lost: 0, late: 0, wrong: 0 });
    expect(result.kills).toBeGreaterThanOrEqual(4);
    expect(result.promised).toBeGreaterThanOrEqual(80);
  }, 300_000);

  it('A30: killed at an exact moment, a mail comes twice only where the server may have it', async () => {
    const stages = STAGES.filter(({ name }) =>
      ['after the commit', 'in the body', 'before the settlement'].includes(name),
    );
    expect(stages).toHaveLength(3);
    const table = await runStages(
      { ...DEFAULTS, rounds: 1 },
      database.env.DATABASE_URL,
      () => {},
      stages,
    );
    expect(table).toMatch(/^before the settlement +1 kills, 1 twice$/m);
  }, 300_000);
});
