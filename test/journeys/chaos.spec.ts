import { runChaos } from '../chaos/chaos.js';
import { DEFAULTS } from '../chaos/options.js';
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
});
