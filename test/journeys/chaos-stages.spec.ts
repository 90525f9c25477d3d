import { DEFAULTS } from '../chaos/options.js';
import { runStages, STAGES } from '../chaos/stages.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';

// A short piece of `npm run chaos -- --stages`.

describe('a program that is killed', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it('A30: at an exact moment: a mail comes twice only where the server may have it', async () => {
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
